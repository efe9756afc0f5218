import type { Run } from "../run/run.js";

/** Runs that wait for a free sequence, in order of arrival. Bounded: the scheduler lets in no more runs than there are sequences. */
export class RunQueue {
  readonly #capacity: number;
  readonly #runs = new Set<Run>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @returns false when the queue is full. */
  offer(run: Run): boolean {
    if (this.#runs.size >= this.#capacity) return false;
    this.#runs.add(run);
    return true;
  }

  /** One that was taken, and had to wait for another, comes before all others. */
  putBack(run: Run): void {
    const waiting = [...this.#runs];
    this.#runs.clear();
    for (const each of [run, ...waiting]) this.#runs.add(each);
  }

  /** The oldest, which leaves the queue. */
  take(): Run | undefined {
    const [run] = this.#runs;
    if (run !== undefined) this.#runs.delete(run);
    return run;
  }

  /** A run that ended while it waited leaves. */
  remove(run: Run): void {
    this.#runs.delete(run);
  }
}
