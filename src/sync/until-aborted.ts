import { Deferred } from "./deferred.js";
import { onAbort } from "./on-abort.js";

/** What the promise comes to, unless the signal aborts first; the promise goes on all the same. @throws the signal's reason */
export async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = new Deferred<never>();
  using _abort = onAbort(signal, aborted.reject);
  return await Promise.race([promise, aborted.promise]);
}
