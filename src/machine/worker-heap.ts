/**
 * Of a worker of ours, for `new Worker`. Loading a model leaves much garbage, and V8 would let the heap for the young grow to 48 MiB on each thread and
 * keep it: 80 MiB more, for threads that make little garbage afterwards.
 */
export const WORKER_HEAP = { maxYoungGenerationSizeMb: 8 } as const;
