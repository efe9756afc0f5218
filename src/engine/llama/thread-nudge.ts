/** After that a batch's threads are where they are to be. */
const NUDGES = 6;
const NUDGE_EVERY_MS = 1;

/**
 * Wakes this thread some times while a batch is evaluated. The binding starts ggml's threads anew for each batch, and Linux often puts a new thread on
 * the CPU of the one that made it: the two then wait for each other in turns, some clock ticks long, while another CPU is idle. A CPU that falls idle
 * looks for waiting threads at once, so one short turn of ours on the idle one is enough. Dispose when the batch is done.
 */
export function startNudging(): Disposable {
  let left = NUDGES;
  const timer = setInterval(() => {
    left--;
    if (left === 0) clearInterval(timer);
  }, NUDGE_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
