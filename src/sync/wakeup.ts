import { Deferred } from "./deferred.js";

/**
 * Lets one task wait until another notifies it.
 * - A `notify` before `wait` is kept, and that wait returns at once. Several notifies count as one.
 * - One task waits at a time; a second concurrent `wait` shares the first one's promise.
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
