import type { Clock } from "../sync/clock.js";
import { RunningClock } from "../sync/running-clock.js";
import type { Logger } from "../telemetry/logger.js";
import type { SessionStore } from "./session-store.js";

/** Sessions and turns at a time: other calls of the store come in between. */
const BATCH = 4;

export interface SessionSweeperOptions {
  readonly store: Pick<SessionStore, "sweep">;
  /** From the end of one sweep to the next. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Has the store swept now and again, from the start on: so what a server that was lost has left behind comes to its end too. A store that is out of
 * order, or whose file has gone, is noticed by the next sweep at the latest; the store itself logs it. Main thread.
 */
export class SessionSweeper implements Disposable {
  readonly #options: SessionSweeperOptions;
  /** After a stop of the process this server's own turns renew their leases first, which come due by the system's clock. */
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

  /** A sweep that goes on is its last. */
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
