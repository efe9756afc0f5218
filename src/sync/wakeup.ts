import { Deferred } from "./deferred.js";

/**
 * Lets one task wait until another has something for it.
 * - `notify` before `wait` is kept: that wait returns at once. Several notifies count as one.
 * - One waiter at a time; a second concurrent `wait` shares the first one's promise.
 */
export class Wakeup {
  #waiter: Deferred<void> | undefined;
  #notified = false;

  notify(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter === undefined) this.#notified = true;
    else waiter.resolve();
  }

  wait(): Promise<void> {
    if (this.#notified) {
      this.#notified = false;
      return Promise.resolve();
    }
    this.#waiter ??= new Deferred<void>();
    return this.#waiter.promise;
  }
}
