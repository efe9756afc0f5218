/** Runs a job to its end, turn after turn, and counts the turns before the last. */
export function runJob<T>(job: Generator<undefined, T>): { value: T; turns: number } {
  for (let turns = 0; ; turns++) {
    const turn = job.next();
    if (turn.done === true) return { value: turn.value, turns };
  }
}
