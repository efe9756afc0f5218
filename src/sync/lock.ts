import { untilAborted } from "./abort.js";
import { Deferred } from "./deferred.js";

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

/** A mutex for each key. Waiters get it in the order in which they asked. The caller bounds the number of waiters. */
export class KeyedMutex {
  /** The waiters for each key that is held. */
  readonly #queues = new Map<string, Deferred<void>[]>();

  isHeld(key: string): boolean {
    return this.#queues.has(key);
  }

  /** Resolves when the caller holds the key, until it disposes of the result. @throws the signal's reason if it aborts first */
  async acquire(key: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const queue = this.#queues.get(key);
    if (queue === undefined) {
      this.#queues.set(key, []);
    } else {
      const turn = new Deferred<void>();
      queue.push(turn);
      try {
        await untilAborted(turn.promise, signal);
      } catch (thrown) {
        const position = queue.indexOf(turn);
        // The turn may have come between the abort and now, and then the waiter has to pass it on.
        if (position < 0) this.#release(key);
        else queue.splice(position, 1);
        throw thrown;
      }
    }
    let isHolder = true;
    return {
      [Symbol.dispose]: () => {
        if (isHolder) this.#release(key);
        isHolder = false;
      },
    };
  }

  #release(key: string): void {
    const next = this.#queues.get(key)?.shift();
    if (next === undefined) this.#queues.delete(key);
    else next.resolve();
  }
}
