import type { GenerationError } from "../core/generation-error.js";
import { type Clock, startPause } from "../sync/clock.js";

/** The time for writing the statuses of generations that were ended early. */
const STATUS_LIMIT_MS = 1_000;

export interface DrainOptions {
  readonly rpc: {
    endWatches(): void;
    /** Lets calls continue for the grace period, then ends them, and resets those whose readers do not take their status. */
    shutdown(graceMs: number): Promise<void>;
  };
  readonly scheduler: {
    closeAdmission(): void;
    endAll(error: GenerationError): void;
  };
  readonly clock: Clock;
  /** How long the server still accepts calls, so that load balancers can notice that health has changed. */
  readonly delayMs: number;
  /** How long accepted generations may continue after that. */
  readonly graceMs: number;
  /** Ends both periods early when it resolves. */
  readonly hurry: Promise<unknown>;
  /** The error with which generations end in that case. */
  readonly hurriedEnd: () => GenerationError;
}

/**
 * Drains the server: it accepts calls for the delay, then refuses new ones and lets accepted ones finish within the grace period. Resolves when no call is
 * left, or at most a second after `hurry`. Called once, by main.ts, after health has changed to NOT_SERVING.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { rpc, scheduler, clock, delayMs, graceMs, hurry, hurriedEnd } = options;
  using delay = startPause(clock, delayMs);
  await Promise.race([delay.over, hurry]);
  scheduler.closeAdmission();
  rpc.endWatches();
  const closed = rpc.shutdown(graceMs);
  await Promise.race([closed, hurry]);
  // If all calls are closed, this ends nothing.
  scheduler.endAll(hurriedEnd());
  using statusLimit = startPause(clock, STATUS_LIMIT_MS);
  await Promise.race([closed, statusLimit.over]);
}
