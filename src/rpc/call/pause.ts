import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import { onAbort } from "../../sync/on-abort.js";

/** Waits for so long; not at all where nothing is left. @throws the signal's reason if it aborts first */
export async function pause(ms: number, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<void> {
  signal.throwIfAborted();
  if (ms <= 0) return;
  const over = new Deferred<void>();
  using _timer = clock.startTimer(ms, () => over.resolve());
  using _abort = onAbort(signal, over.reject);
  await over.promise;
}
