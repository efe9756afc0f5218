const BYTES = 256 * 1024 * 1024;
const COPIES = 8;

/** How fast one thread gets memory moved, read and written together, in bytes a second: the fastest of some copies that no cache holds. */
export function memoryBandwidth(): number {
  const from = Buffer.alloc(BYTES, 1);
  const to = Buffer.alloc(BYTES, 2);
  let leastMs = Infinity;
  for (let copy = 0; copy < COPIES; copy += 1) {
    const startedAtMs = performance.now();
    from.copy(to);
    leastMs = Math.min(leastMs, performance.now() - startedAtMs);
  }
  return (2 * BYTES * 1_000) / leastMs;
}
