/** One call as a queue sees it. Times in ms. */
export interface Served {
  readonly arrivedAtMs: number;
  /** How long it held its slot. */
  readonly heldMs: number;
}

/**
 * How long each call would wait if slots went to whoever came first, at the moment in which one falls free, and each held its slot as long as it did.
 * @returns ms, in the order given
 */
export function idealWaitsMs(calls: readonly Served[], slots: number): number[] {
  const freeAtMs = Array.from({ length: slots }, () => -Infinity);
  const waits = calls.map(() => 0);
  const byArrival = [...calls.entries()].toSorted(([, a], [, b]) => a.arrivedAtMs - b.arrivedAtMs);
  for (const [index, { arrivedAtMs, heldMs }] of byArrival) {
    const soonest = freeAtMs.indexOf(Math.min(...freeAtMs));
    const startedAtMs = Math.max(arrivedAtMs, freeAtMs[soonest] ?? -Infinity);
    waits[index] = startedAtMs - arrivedAtMs;
    freeAtMs[soonest] = startedAtMs + heldMs;
  }
  return waits;
}

/** Calls that began before one that had come earlier, by more than the tolerance: less is no order but how exact the times are. */
export function overtakers(calls: readonly { arrivedAtMs: number; begunAtMs: number }[], toleranceMs: number): number {
  const byArrival = calls.toSorted((a, b) => a.arrivedAtMs - b.arrivedAtMs);
  let latestMs = -Infinity;
  let count = 0;
  for (const { begunAtMs } of byArrival) {
    if (begunAtMs < latestMs - toleranceMs) count += 1;
    latestMs = Math.max(latestMs, begunAtMs);
  }
  return count;
}
