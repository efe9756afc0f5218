import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";

/**
 * Lets the scheduler hand freed slots over to other runs before the next step begins without them. The wait is bounded, since other runs decode: a
 * busy main thread holds them up no longer than the limit, and the slot stays empty for one more step.
 */
export class SlotHandover {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #answer: Deferred<void> | undefined;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Resolves with `done` or after the limit, whichever comes first. One caller may wait at a time. */
  async wait(): Promise<void> {
    const answer = new Deferred<void>();
    this.#answer = answer;
    using _ = this.#clock.startTimer(this.#limitMs, () => answer.resolve());
    await answer.promise;
    this.#answer = undefined;
  }

  /** Ends the wait, since the runs that get the slots have come. Does nothing after the limit. */
  done(): void {
    this.#answer?.resolve();
  }
}
