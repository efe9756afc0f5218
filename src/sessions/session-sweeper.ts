import { type Clock, RunningClock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";
import type { SessionStore } from "./session-store.js";

/** The number of sessions and of turns in one sweep. Other calls of the store come between two sweeps. */
const BATCH = 4;

export interface SessionSweeperOptions {
  readonly store: Pick<SessionStore, "sweep">;
  /** The time from the end of one sweep to the start of the next. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Sweeps the store at the start and then in intervals, which also ends the turns of a server that was lost. A sweep notices at once that the store is
 * unavailable or its file is gone; the store itself logs that. Main thread.
 */
export class SessionSweeper implements Disposable {
  readonly #options: SessionSweeperOptions;
  /** After a stop of the process, the server's own turns renew their leases first, since those come due by the system's clock. */
  readonly #clock: RunningClock;
  #timer: Disposable | undefined;
  #stopped = false;

  private constructor(options: SessionSweeperOptions) {
    this.#options = options;
    this.#clock = new RunningClock(options.clock);
  }

  static start(options: SessionSweeperOptions): SessionSweeper {
    const sweeper = new SessionSweeper(options);
    void sweeper.#sweep();
    return sweeper;
  }

  /** Lets a sweep that is under way end, and starts no more. */
  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #sweep(): Promise<void> {
    const { store, intervalMs, log } = this.#options;
    const result = await store.sweep(BATCH);
    if (this.#stopped) return;
    let again = intervalMs;
    if (result.ok) {
      const { deletedSessions, endedTurns, more } = result.value;
      if (deletedSessions + endedTurns > 0) log.info({ deletedSessions, endedTurns }, "sessions were swept");
      if (more) again = 0;
    }
    this.#timer = this.#clock.startTimer(again, () => void this.#sweep());
  }
}
