import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";

/**
 * Lets the scheduler put others in the place of runs that gave theirs up, before the next step begins without them. Bounded, since others decode: a
 * main thread that is busy holds them up no longer than the limit, and the place stays empty for one step more.
 */
export class SlotHandover {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #answer: Deferred<void> | undefined;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Resolves with `done` or after the limit, whichever comes first. One may wait at a time. */
  async wait(): Promise<void> {
    const answer = new Deferred<void>();
    this.#answer = answer;
    using _ = this.#clock.startTimer(this.#limitMs, () => answer.resolve());
    await answer.promise;
    this.#answer = undefined;
  }

  /** Whoever takes the places has come. Nothing where that came too late. */
  done(): void {
    this.#answer?.resolve();
  }
}
