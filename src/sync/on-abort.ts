/**
 * Calls `listener` once when the signal aborts, at once if it has already. Disposing unhooks it, so that a long-lived signal keeps nothing of a
 * settled call alive (which AbortSignal.any does).
 */
export function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): Disposable {
  const run = (): void => listener(signal.reason);
  if (signal.aborted) run();
  else signal.addEventListener("abort", run, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", run) };
}
