import { Worker } from "node:worker_threads";
import type { EngineCommand, EngineNotice } from "../../core/engine-messages.js";
import type { EngineFacts } from "../../core/model-facts.js";
import { WORKER_HEAP } from "../../machine/worker-heap.js";
import type { Clock } from "../../sync/clock.js";
import { RunningClock } from "../../sync/running-clock.js";
import { Deferred } from "../../sync/deferred.js";
import type { Logger } from "../../telemetry/logger.js";
import { CommandOutbox } from "./command-outbox.js";
import { EngineWatchdog } from "./engine-watchdog.js";

/** How long a worker may take to free its model and exit before it is terminated: native code must not be cut off without need. */
const CLOSE_LIMIT_MS = 10_000;
/** How long a terminated worker is waited for. One that hangs in native code never goes; the process has to. */
const TERMINATE_LIMIT_MS = 1_000;

export interface EngineLinkOptions {
  /** The worker's module. */
  readonly entry: URL;
  readonly workerData: unknown;
  /** The engine is lost when a step takes longer. */
  readonly stepLimitMs: number;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * The main thread's end of the wall to the inference worker. It starts the worker, carries commands and notices, watches for signs of life, and
 * closes it. A worker is never started again: when it is lost, the process ends and a supervisor starts a new one.
 */
export class EngineLink implements AsyncDisposable {
  /** Settled when the worker dies or hangs; never rejects, and stays pending on a clean close. */
  readonly lost: Promise<Error>;
  readonly #options: EngineLinkOptions;
  readonly #worker: Worker;
  readonly #outbox: CommandOutbox;
  readonly #watchdog: EngineWatchdog;
  readonly #listeners = new Set<(notice: EngineNotice) => void>();
  readonly #ready = new Deferred<EngineFacts>();
  readonly #lost = new Deferred<Error>();
  readonly #exited = new Deferred<void>();
  #state: "starting" | "ready" | "lost" | "closing" = "starting";
  #isWarnedOfThreads = false;
  #facts: EngineFacts | undefined;
  #closed: Promise<void> | undefined;

  private constructor(options: EngineLinkOptions) {
    this.#options = options;
    this.lost = this.#lost.promise;
    this.#watchdog = new EngineWatchdog({
      stepLimitMs: options.stepLimitMs,
      clock: options.clock,
      ping: (pingId) => this.send({ type: "ping", pingId }),
      onHang: (error) => this.#lose(error),
    });
    this.#worker = new Worker(options.entry, {
      workerData: options.workerData,
      name: "rill-engine",
      resourceLimits: WORKER_HEAP,
    });
    this.#outbox = new CommandOutbox((commands) => this.#worker.postMessage(commands));
    this.#worker.on("message", (notice: EngineNotice) => this.#onNotice(notice));
    this.#worker.on("messageerror", (error) => this.#lose(error));
    this.#worker.on("error", (error) => this.#lose(error));
    this.#worker.on("exit", (code) => {
      this.#exited.resolve();
      this.#lose(new Error(`the inference worker exited with code ${code}`));
    });
  }

  /**
   * Resolves when the engine can run.
   * @throws Error saying what could not be had when the engine is unusable, or how the worker died. The worker is gone then.
   */
  static async start(options: EngineLinkOptions): Promise<EngineLink> {
    const link = new EngineLink(options);
    try {
      await link.#ready.promise;
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
    return link;
  }

  get facts(): EngineFacts {
    if (this.#facts === undefined) throw new Error("the engine is not ready yet");
    return this.#facts;
  }

  /** Sends a command, credit with this turn of the event loop, all else at once. After a loss or a close it goes nowhere. */
  send(command: EngineCommand): void {
    if (this.#state !== "ready") return;
    if (command.type === "start") this.#watchdog.runStarted();
    this.#outbox.send(command);
  }

  /** Calls `listener` for each notice, in order, until it is disposed. */
  onNotice(listener: (notice: EngineNotice) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Asks the worker to finish and waits until it has; terminates it only when it does not answer in time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  #onNotice(notice: EngineNotice): void {
    switch (notice.type) {
      case "ready":
        this.#facts = notice.facts;
        if (this.#state === "starting") this.#state = "ready";
        this.#ready.resolve(notice.facts);
        return;
      case "unusable":
        this.#ready.reject(new Error(notice.message));
        return;
      case "pong":
        this.#watchdog.onPong(notice);
        break;
      case "step":
        for (const update of notice.updates) if (update.end !== undefined) this.#watchdog.runEnded();
        break;
      case "threads":
        this.#tellOfThreads(notice);
        break;
      case "broken":
        this.#lose(new Error(notice.message));
        break;
      case "closed":
        break;
    }
    if (this.#state !== "ready") return;
    for (const listener of [...this.#listeners]) listener(notice);
  }

  /** Its first time is a warning: the operator may want to give the process cores of its own, or to settle the number. */
  #tellOfThreads({ threads, most, cores }: Extract<EngineNotice, { type: "threads" }>): void {
    const facts = { threads, most, coresGiven: Number(cores.toFixed(2)), remedy: "--threads N" };
    const { log } = this.#options;
    if (this.#isWarnedOfThreads) log.info(facts, "the number of threads that decode has changed");
    else log.warn(facts, "other processes use the cores: fewer threads decode than there are cores");
    this.#isWarnedOfThreads = true;
  }

  #lose(error: Error): void {
    if (this.#state === "starting") this.#ready.reject(error);
    if (this.#state !== "ready") return;
    this.#state = "lost";
    this.#watchdog[Symbol.dispose]();
    this.#options.log.error({ err: error }, "the engine is lost");
    this.#lost.resolve(error);
  }

  async #close(): Promise<void> {
    this.#state = "closing";
    this.#watchdog[Symbol.dispose]();
    this.#outbox.send({ type: "close" });
    if (await this.#exitsWithin(CLOSE_LIMIT_MS)) return;
    this.#options.log.error({ limitMs: CLOSE_LIMIT_MS }, "the inference worker does not finish and is terminated");
    // Its promise may never settle; the exit event tells.
    void this.#worker.terminate();
    if (await this.#exitsWithin(TERMINATE_LIMIT_MS)) return;
    this.#options.log.error({}, "the inference worker cannot be terminated: it hangs in native code");
  }

  async #exitsWithin(limitMs: number): Promise<boolean> {
    const waited = new Deferred<boolean>();
    using _timer = new RunningClock(this.#options.clock).startTimer(limitMs, () => waited.resolve(false));
    return await Promise.race([this.#exited.promise.then(() => true), waited.promise]);
  }
}
