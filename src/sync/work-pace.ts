import { Deferred } from "./deferred.js";

/** Paced work may take this long in one turn of the event loop. */
const SLICE_MS = 4;

/** A piece of work that also settles the promise of its result. */
type Task = () => void;

/**
 * Shares the main thread between large work and everything else. Callers hand their work in as tasks of about a millisecond. In each turn of the
 * event loop, tasks run in the order in which they came until the slice is used up. So all callers together delay other work by no more than a slice.
 */
export class WorkPace {
  #tasks: Task[] = [];
  #isScheduled = false;

  /** Runs `work`, which is synchronous, when its turn has come, and resolves with its result. @throws the error that `work` throws */
  run<Result>(work: () => Result): Promise<Result> {
    const result = new Deferred<Result>();
    this.#tasks.push(() => {
      try {
        result.resolve(work());
      } catch (error) {
        result.reject(error);
      }
    });
    this.#schedule();
    return result.promise;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#runSlice());
  }

  #runSlice(): void {
    this.#isScheduled = false;
    const tasks = this.#tasks;
    const startedMs = performance.now();
    let done = 0;
    for (const task of tasks) {
      task();
      done++;
      if (performance.now() - startedMs >= SLICE_MS) break;
    }
    this.#tasks = tasks.slice(done);
    if (this.#tasks.length > 0) this.#schedule();
  }
}
