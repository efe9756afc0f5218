/** Other jobs wait this long for a slice of a job. */
const SLICE_MS = 4;

/** A job that may pause more often than others need it to: it yields only when a slice of time is used up. */
export function* paced<T>(job: Generator<undefined, T>): Generator<undefined, T> {
  for (let startedMs = performance.now(); ;) {
    const pause = job.next();
    if (pause.done === true) return pause.value;
    if (performance.now() - startedMs < SLICE_MS) continue;
    yield;
    startedMs = performance.now();
  }
}
