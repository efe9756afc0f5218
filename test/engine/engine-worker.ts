import { Worker } from "node:worker_threads";
import type { EngineCommand, EngineNotice } from "../../src/core/engine-messages.js";
import { Deferred } from "../../src/sync/deferred.js";
import { Wakeup } from "../../src/sync/wakeup.js";

/** A worker behind the wall, as the main thread sees it: commands go in, notices are kept. */
export class EngineWorker implements AsyncDisposable {
  readonly notices: EngineNotice[] = [];
  readonly #worker: Worker;
  readonly #exit = new Deferred<number>();
  readonly #news = new Wakeup();
  /** What the worker died of, if it did. */
  error: unknown;

  constructor(entry: URL, workerData: unknown) {
    this.#worker = new Worker(entry, { workerData });
    this.#worker.on("exit", this.#exit.resolve);
    this.#worker.on("message", (notice: EngineNotice) => {
      this.notices.push(notice);
      this.#news.notify();
    });
    this.#worker.on("error", (error) => {
      this.error = error;
    });
  }

  /** Resolves with the exit code. */
  get exited(): Promise<number> {
    return this.#exit.promise;
  }

  send(command: EngineCommand): void {
    this.#worker.postMessage([command]);
  }

  /** The first notice, past or to come, of that type. One caller at a time. */
  async notice<T extends EngineNotice["type"]>(type: T, from = 0): Promise<Extract<EngineNotice, { type: T }>> {
    for (;;) {
      const found = this.notices.slice(from).find((notice) => notice.type === type);
      if (found !== undefined) return found as Extract<EngineNotice, { type: T }>;
      await this.#news.wait();
    }
  }

  /** Waits until a notice tells that the run has ended. */
  async end(runId: number): Promise<void> {
    const isTold = (notice: EngineNotice): boolean =>
      notice.type === "step" && notice.updates.some((update) => update.runId === runId && update.end !== undefined);
    while (!this.notices.some(isTold)) await this.#news.wait();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
