import { Deferred } from "./deferred.js";
import { untilAborted } from "./abort.js";

/** A semaphore. Waiters get their permits in the order in which they asked. */
export class Permits {
  readonly #waiting: Deferred<void>[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with a permit; disposing of it gives it back. @throws the signal's reason if it aborts first */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#giveBack();
        isHeld = false;
      },
    };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const turn = new Deferred<void>();
    this.#waiting.push(turn);
    try {
      await untilAborted(turn.promise, signal);
    } catch (thrown) {
      const position = this.#waiting.indexOf(turn);
      // The permit may have come between the abort and now.
      if (position < 0) this.#giveBack();
      else this.#waiting.splice(position, 1);
      throw thrown;
    }
  }

  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next.resolve();
  }
}
