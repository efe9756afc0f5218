import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import { onAbort } from "../../sync/on-abort.js";
import { startPause } from "../../sync/start-pause.js";

/** Waits for so long; not at all where nothing is left. @throws the signal's reason if it aborts first */
export async function pause(ms: number, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<void> {
  signal.throwIfAborted();
  if (ms <= 0) return;
  using waiting = startPause(clock, ms);
  const aborted = new Deferred<never>();
  using _abort = onAbort(signal, aborted.reject);
  await Promise.race([waiting.over, aborted.promise]);
}
