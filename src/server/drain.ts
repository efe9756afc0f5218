import type { GenerationError } from "../core/generation-error.js";
import type { Clock } from "../sync/clock.js";
import { startPause } from "../sync/start-pause.js";

/** After generations were ended in a hurry, how long their statuses may take to be written. */
const STATUS_LIMIT_MS = 1_000;

export interface DrainOptions {
  readonly rpc: {
    endWatches(): void;
    /** Lets calls go on for so long, then ends them and cuts off those whose readers do not take that. */
    shutdown(graceMs: number): Promise<void>;
  };
  readonly scheduler: {
    closeAdmission(): void;
    endAll(error: GenerationError): void;
  };
  readonly clock: Clock;
  /** How long calls are still accepted, for those who route by health to notice. */
  readonly delayMs: number;
  /** How long accepted generations may go on after that. */
  readonly graceMs: number;
  /** When it resolves, what is left of both is skipped. */
  readonly hurry: Promise<unknown>;
  /** What generations end with then. */
  readonly hurriedEnd: () => GenerationError;
}

/**
 * Ends service in order: accept on for the delay; refuse, and let what was accepted finish within the grace. Resolves when no call is left, or, in a
 * hurry, after a second at most. Called once by main.ts, when health says NOT_SERVING already.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { rpc, scheduler, clock, delayMs, graceMs, hurry, hurriedEnd } = options;
  using delay = startPause(clock, delayMs);
  await Promise.race([delay.over, hurry]);
  scheduler.closeAdmission();
  rpc.endWatches();
  const closed = rpc.shutdown(graceMs);
  await Promise.race([closed, hurry]);
  // After `closed` there is nothing to end.
  scheduler.endAll(hurriedEnd());
  using statusLimit = startPause(clock, STATUS_LIMIT_MS);
  await Promise.race([closed, statusLimit.over]);
}
