import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import type { Logger } from "../../telemetry/logger.js";
import { type WorkerEnd, WorkerLink } from "../../threads/worker-link.js";
import type { StoreWorkerData } from "./store-worker.js";
import type { AnyStoreResult, StoreCommand, StoreNotice, StoreThreadCommand } from "../store-messages.js";

/** The pause before a thread that has died is started again. */
const RESTART_PAUSE_MS = 1_000;
const STORE_WORKER = new URL("./store-worker.js", import.meta.url);

type StoreThread = WorkerLink<StoreThreadCommand, StoreNotice>;

/**
 * idle: there is no thread yet. running: the thread takes commands. dead: the thread ended unasked, and the next command after a pause starts another.
 * closed: the thread was asked to close, and works off its commands first. idle → running → dead → running; any → closed.
 */
type StoreLinkState =
  | { readonly type: "idle" }
  | { readonly type: "running"; readonly thread: StoreThread }
  | { readonly type: "dead"; readonly atMs: number; readonly message: string }
  | { readonly type: "closed" };

export interface StoreLinkOptions extends StoreWorkerData {
  readonly clock: Clock;
  readonly log: Logger;
  /** The thread's script; tests bring their own. */
  readonly entry?: URL;
}

/** The main thread's link to the store's thread, which runs SQLite. The first command starts the thread. A process has one link. */
export class StoreLink implements AsyncDisposable {
  readonly #options: StoreLinkOptions;
  readonly #pending = new Map<number, Deferred<AnyStoreResult>>();
  #state: StoreLinkState = { type: "idle" };

  constructor(options: StoreLinkOptions) {
    this.#options = options;
  }

  /** Resolves with the thread's answer; a dead thread answers `closed`. Never rejects. */
  async run(command: StoreCommand): Promise<AnyStoreResult> {
    if (this.#state.type === "closed") return closedResult("the store is closed");
    if (this.#state.type === "dead" && this.#options.clock.nowMs() - this.#state.atMs < RESTART_PAUSE_MS) {
      return closedResult(this.#state.message);
    }
    if (this.#state.type !== "running") this.#state = { type: "running", thread: this.#start() };
    const answer = new Deferred<AnyStoreResult>();
    this.#pending.set(command.id, answer);
    this.#state.thread.post(command);
    return await answer.promise;
  }

  /** Lets the thread work off its commands, then ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const state = this.#state;
    this.#state = { type: "closed" };
    if (state.type === "running") await state.thread.close();
  }

  #start(): StoreThread {
    const { path, limits, entry = STORE_WORKER } = this.#options;
    const data: StoreWorkerData = { path, limits };
    const thread: StoreThread = new WorkerLink({ entry, data, name: "rill-store", closeCommand: { type: "close" } });
    thread.onNotice((notice) => {
      if (notice.type === "answer") this.#settle(notice.id, notice.result);
      else this.#options.log.warn({ store: path }, notice.text);
    });
    void thread.exited.then((end) => this.#bury(causeOf(end)));
    return thread;
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

function causeOf(end: WorkerEnd): string {
  return end.type === "failed" ? (end.error.stack ?? end.error.message) : "the store's thread ended unasked";
}

function closedResult(message: string): AnyStoreResult {
  return { ok: false, problem: { type: "unavailable", fault: "closed", message } };
}
