import type { Clock } from "./clock.js";
import { Deferred } from "./deferred.js";
import { onAbort } from "./on-abort.js";

/** A length of time as a promise. Disposing it drops the timer; the promise then stays pending. */
export interface Pause extends Disposable {
  readonly over: Promise<void>;
}

export function startPause(clock: Clock, durationMs: number): Pause {
  const deferred = new Deferred<void>();
  const timer = clock.startTimer(durationMs, () => deferred.resolve());
  return { over: deferred.promise, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

/** Waits for so long; not at all where nothing is left. @throws the signal's reason if it aborts first */
export async function pause(ms: number, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<void> {
  signal.throwIfAborted();
  if (ms <= 0) return;
  using waiting = startPause(clock, ms);
  const aborted = new Deferred<never>();
  using _abort = onAbort(signal, aborted.reject);
  await Promise.race([waiting.over, aborted.promise]);
}
