import { Worker } from "node:worker_threads";
import { WORKER_HEAP } from "../../machine/worker-heap.js";
import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import type { Logger } from "../../telemetry/logger.js";
import type { StoreWorkerData } from "./store-worker.js";
import type { AnyStoreResult, StoreCommand, StoreNotice, StoreThreadCommand } from "../store-messages.js";

/** A thread that has died is not started again sooner than this. */
const RESTART_PAUSE_MS = 1_000;

/**
 * idle: no thread yet. running: it takes commands. dead: it ended unasked; the next command after a pause starts another. closing → closed: asked to
 * close, what it has is worked off first. idle → running → dead → running; any → closed.
 */
type LinkState =
  | { readonly type: "idle" }
  | { readonly type: "running"; readonly worker: Worker; readonly exited: Promise<void> }
  | { readonly type: "dead"; readonly atMs: number; readonly message: string }
  | { readonly type: "closed" };

export interface StoreLinkOptions extends StoreWorkerData {
  readonly clock: Clock;
  readonly log: Logger;
  /** The thread's script; tests bring their own. */
  readonly entry?: URL;
}

/** The main thread's link to the store's thread, which runs SQLite. Started by the first command. One for the process. */
export class StoreLink implements AsyncDisposable {
  readonly #options: StoreLinkOptions;
  readonly #pending = new Map<number, Deferred<AnyStoreResult>>();
  #state: LinkState = { type: "idle" };

  constructor(options: StoreLinkOptions) {
    this.#options = options;
  }

  /** The thread's answer. Never rejects; a dead thread answers `closed`. */
  async run(command: StoreCommand): Promise<AnyStoreResult> {
    if (this.#state.type === "closed") return closedResult("the store is closed");
    if (this.#state.type === "dead" && this.#options.clock.nowMs() - this.#state.atMs < RESTART_PAUSE_MS) {
      return closedResult(this.#state.message);
    }
    if (this.#state.type !== "running") this.#state = this.#start();
    const answer = new Deferred<AnyStoreResult>();
    this.#pending.set(command.id, answer);
    post(this.#state.worker, command);
    return await answer.promise;
  }

  /** What was asked is worked off; then the thread ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    const state = this.#state;
    this.#state = { type: "closed" };
    if (state.type !== "running") return;
    post(state.worker, { type: "close" });
    await state.exited;
  }

  #start(): Extract<LinkState, { readonly type: "running" }> {
    const { path, limits, entry } = this.#options;
    const workerData: StoreWorkerData = { path, limits };
    const worker = new Worker(entry ?? new URL("./store-worker.js", import.meta.url), {
      workerData,
      name: "rill-store",
      resourceLimits: WORKER_HEAP,
    });
    const exited = new Deferred<void>();
    let message = "the store's thread ended unasked";
    worker.on("message", (notice: StoreNotice) => {
      if (notice.type === "answer") this.#settle(notice.id, notice.result);
      else this.#options.log.warn({ store: path }, notice.text);
    });
    worker.on("error", (error) => (message = error instanceof Error ? (error.stack ?? error.message) : String(error)));
    worker.on("exit", () => {
      this.#bury(message);
      exited.resolve();
    });
    return { type: "running", worker, exited: exited.promise };
  }

  #settle(id: number, result: AnyStoreResult): void {
    this.#pending.get(id)?.resolve(result);
    this.#pending.delete(id);
  }

  #bury(message: string): void {
    const { clock, log } = this.#options;
    if (this.#state.type !== "closed") {
      log.error({ err: new Error(message) }, "the store's thread died");
      this.#state = { type: "dead", atMs: clock.nowMs(), message };
    }
    for (const id of this.#pending.keys()) this.#settle(id, closedResult(message));
  }
}

function post(worker: Worker, command: StoreThreadCommand): void {
  worker.postMessage(command);
}

function closedResult(message: string): AnyStoreResult {
  return { ok: false, problem: { type: "unavailable", fault: "closed", message } };
}
