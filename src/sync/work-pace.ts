import { Deferred } from "./deferred.js";

/** How long paced work may go on in one turn of the event loop. */
const SLICE_MS = 4;

/** A piece of work, and where its result goes. */
type Task = () => void;

/**
 * Shares the main thread between large pieces of work and everything else. Work is handed in by pieces of a millisecond or so. In each turn of the event
 * loop, pieces run in the order in which they came until the slice is used up, so that all callers together hold nobody else up for longer.
 */
export class WorkPace {
  #tasks: Task[] = [];
  #isScheduled = false;

  /** Resolves with what `work` gives when its turn has come; it must not wait for anything. @throws what `work` throws */
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
