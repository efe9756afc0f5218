import { counted } from "../core/counted.js";
import { formatDuration } from "../settings/units.js";

/** The facts of a drain that begins. */
export interface DrainFacts {
  /** The generations that have not ended. */
  readonly generations: number;
  /** How long new calls are still accepted. */
  readonly delayMs: number;
  readonly graceMs: number;
  /** Whether a person asked for it with Ctrl-C. */
  readonly isFromKeyboard: boolean;
}

/** Says what the server waits for before it ends, and for how long at most. */
export function drainMessage({ generations, delayMs, graceMs, isFromKeyboard }: DrainFacts): string {
  const running = counted(generations, "generation");
  const grace = `at most ${formatDuration(graceMs)} (--drain-grace)`;
  if (isFromKeyboard) {
    // The terminal has shown ^C in this line.
    if (generations === 0) return "\nstopping: no generation is running\n";
    return `\nwaiting for ${running} to end, ${grace}; Ctrl-C again ends at once\n`;
  }
  const steps = [
    ...(delayMs > 0 ? [`calls are accepted for ${formatDuration(delayMs)} (--drain-delay)`] : []),
    `running generations may continue for ${grace}`,
  ];
  return `draining with ${running}: ${steps.join(", then ")}; a second signal ends at once\n`;
}

/** Says that the second signal has come. */
export function closeMessage(isFromKeyboard: boolean): string {
  return `${isFromKeyboard ? "\n" : ""}ending at once\n`;
}

/** A signal before the server is ready. */
export interface StartInterruption {
  readonly isFromKeyboard: boolean;
  /** Whether the model is being loaded. */
  readonly isLoading: boolean;
}

/** Says what happens at a signal that comes before the server is ready. */
export function startInterruptedMessage({ isFromKeyboard, isLoading }: StartInterruption): string {
  if (isFromKeyboard)
    return isLoading ? "\nstopping: nothing is served yet\n" : "\nstopping; Ctrl-C again ends at once\n";
  return `stopping${isLoading ? " when the model is loaded" : ""}; a second signal ends at once\n`;
}
