import { Deferred } from "./deferred.js";

/**
 * Calls `listener` once when the signal aborts, at once if it has already. Disposing unhooks it, so that a long-lived signal keeps nothing of a
 * settled call alive (which AbortSignal.any does).
 */
export function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): Disposable {
  return new AbortHook(signal, listener);
}

class AbortHook implements Disposable {
  readonly #signal: AbortSignal;
  readonly #run: () => void;

  constructor(signal: AbortSignal, listener: (reason: unknown) => void) {
    this.#signal = signal;
    this.#run = () => listener(signal.reason);
    if (signal.aborted) this.#run();
    else signal.addEventListener("abort", this.#run, { once: true });
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#run);
  }
}

/** What the promise comes to, unless the signal aborts first; the promise goes on all the same. @throws the signal's reason */
export async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = new Deferred<never>();
  using _abort = onAbort(signal, aborted.reject);
  return await Promise.race([promise, aborted.promise]);
}
