import type { Clock } from "./clock.js";
import { Deferred } from "./deferred.js";

/** A length of time as a promise. Disposing it drops the timer; the promise then stays pending. */
export interface Pause extends Disposable {
  readonly over: Promise<void>;
}

export function startPause(clock: Clock, durationMs: number): Pause {
  const deferred = new Deferred<void>();
  const timer = clock.startTimer(durationMs, () => deferred.resolve());
  return { over: deferred.promise, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
