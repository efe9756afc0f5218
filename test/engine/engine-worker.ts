import type { EngineCommand, EngineNotice } from "../../src/core/engine-messages.js";
import { Wakeup } from "../../src/sync/deferred.js";
import { type SpawnWorker, type WorkerEnd, WorkerLink } from "../../src/threads/worker-link.js";

/** A worker as its starter sees it: commands go in, notices are kept. */
export class EngineWorker implements AsyncDisposable {
  readonly notices: EngineNotice[] = [];
  readonly #worker: WorkerLink<readonly EngineCommand[], EngineNotice>;
  readonly #news = new Wakeup();

  constructor(entry: URL, data: unknown, spawn?: SpawnWorker) {
    this.#worker = new WorkerLink({ entry, data, name: "engine", closeCommand: [{ type: "close" }], spawn });
    this.#worker.onNotice((notice) => {
      this.notices.push(notice);
      this.#news.notify();
    });
  }

  get exited(): Promise<WorkerEnd> {
    return this.#worker.exited;
  }

  send(command: EngineCommand): void {
    this.#worker.post([command]);
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
    this.#worker.terminate();
    await this.#worker.exited;
  }
}
