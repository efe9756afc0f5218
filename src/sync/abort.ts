import { Deferred } from "./deferred.js";

/**
 * Calls `listener` once when the signal aborts, or at once if it has aborted already. Disposing of the result removes the listener, so that a
 * long-lived signal does not keep a settled call alive, as AbortSignal.any would.
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

/** Settles as the promise does, unless the signal aborts first. The promise itself goes on. @throws the signal's reason */
export async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = new Deferred<never>();
  using _abort = onAbort(signal, aborted.reject);
  return await Promise.race([promise, aborted.promise]);
}
