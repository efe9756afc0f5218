/** A promise with its resolve and reject functions. The maker ensures that somebody awaits a rejection. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;

  constructor() {
    let resolve!: (value: T) => void;
    let reject!: (reason: unknown) => void;
    this.promise = new Promise<T>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    this.resolve = resolve;
    this.reject = reject;
  }
}

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
