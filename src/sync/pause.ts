import { untilAborted } from "./abort.js";
import type { Clock } from "./clock.js";
import { Deferred } from "./deferred.js";

/** A length of time as a promise. Disposing of it drops the timer, and the promise then stays pending. */
export interface Pause extends Disposable {
  readonly over: Promise<void>;
}

export function startPause(clock: Clock, durationMs: number): Pause {
  const deferred = new Deferred<void>();
  const timer = clock.startTimer(durationMs, () => deferred.resolve());
  return { over: deferred.promise, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

/** Waits for `ms`, or not at all if that is not above 0. @throws the signal's reason if it aborts first */
export async function pause(ms: number, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<void> {
  signal.throwIfAborted();
  if (ms <= 0) return;
  using waiting = startPause(clock, ms);
  await untilAborted(waiting.over, signal);
}
