import type { EngineCommand, EngineNotice } from "../../core/engine-messages.js";
import type { EngineFacts } from "../../core/model-facts.js";
import { type Clock, RunningClock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import type { Logger } from "../../telemetry/logger.js";
import { type SpawnWorker, type WorkerEnd, WorkerLink } from "../../threads/worker-link.js";

/** A worker has this long to free its model and exit before the link terminates it: native code must not be cut off without need. */
const CLOSE_LIMIT_MS = 10_000;
/** The link waits this long for a terminated worker. A worker that hangs in native code never exits; the process has to. */
const TERMINATE_LIMIT_MS = 1_000;

export interface EngineLinkOptions {
  /** The worker's module. */
  readonly entry: URL;
  readonly workerData: unknown;
  /** The engine is lost when a step takes longer. */
  readonly stepLimitMs: number;
  readonly log: Logger;
  readonly clock: Clock;
  /** Default: a thread of this process. */
  readonly spawn?: SpawnWorker;
}

/**
 * The scheduler's link to the inference worker, on the main thread. It starts the worker, carries commands and notices, watches for signs of life, and
 * closes the worker. A worker is never started again: when it is lost, the process ends and a supervisor starts a new one.
 */
export class EngineLink implements AsyncDisposable {
  /** Settled when the worker dies or hangs; never rejects, and stays pending on a clean close. */
  readonly lost: Promise<Error>;
  readonly #options: EngineLinkOptions;
  readonly #worker: WorkerLink<readonly EngineCommand[], EngineNotice>;
  readonly #outbox: CommandOutbox;
  readonly #watchdog: EngineWatchdog;
  readonly #listeners = new Set<(notice: EngineNotice) => void>();
  readonly #lost = new Deferred<Error>();
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
    const { entry, workerData: data, spawn } = options;
    this.#worker = new WorkerLink({ entry, data, name: "rill-engine", closeCommand: [{ type: "close" }], spawn });
    this.#outbox = new CommandOutbox((commands) => this.#worker.post(commands));
    this.#worker.onNotice((notice) => this.#onNotice(notice));
    void this.#worker.lost.then((end) => this.#lose(causeOf(end)));
  }

  /**
   * Resolves when the engine can run.
   * @throws Error with the worker's own words when the engine is unusable, or with the cause of the worker's death. The worker is gone then.
   */
  static async start(options: EngineLinkOptions): Promise<EngineLink> {
    const link = new EngineLink(options);
    const start = await link.#worker.started;
    if (start.type === "ready") return link;
    await link[Symbol.asyncDispose]();
    throw start.type === "unusable" ? new Error(start.message) : causeOf(start);
  }

  get facts(): EngineFacts {
    if (this.#facts === undefined) throw new Error("the engine is not ready yet");
    return this.#facts;
  }

  /** Sends a command: credit at the end of this turn of the event loop, any other at once. Does nothing after a loss or a close. */
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

  /** Asks the worker to finish and waits for its exit; terminates it only when it does not exit in time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  #onNotice(notice: EngineNotice): void {
    switch (notice.type) {
      case "ready":
        this.#facts = notice.facts;
        if (this.#state === "starting") this.#state = "ready";
        return;
      case "unusable":
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

  /** The first change is a warning: the operator may want to give the process cores of its own, or to fix the number of threads. */
  #tellOfThreads({ threads, most, cores }: Extract<EngineNotice, { type: "threads" }>): void {
    const facts = { threads, most, coresGiven: Number(cores.toFixed(2)), remedy: "--threads N" };
    const { log } = this.#options;
    if (this.#isWarnedOfThreads) log.info(facts, "the number of threads that decode has changed");
    else log.warn(facts, "other processes use the cores: fewer threads decode than there are cores");
    this.#isWarnedOfThreads = true;
  }

  #lose(error: Error): void {
    if (this.#state !== "ready") return;
    this.#state = "lost";
    this.#watchdog[Symbol.dispose]();
    this.#options.log.error({ err: error }, "the engine is lost");
    this.#lost.resolve(error);
  }

  async #close(): Promise<void> {
    this.#state = "closing";
    this.#watchdog[Symbol.dispose]();
    this.#outbox.flush();
    void this.#worker.close();
    if (await this.#exitsWithin(CLOSE_LIMIT_MS)) return;
    this.#options.log.error({ limitMs: CLOSE_LIMIT_MS }, "the inference worker does not finish and is terminated");
    this.#worker.terminate();
    if (await this.#exitsWithin(TERMINATE_LIMIT_MS)) return;
    this.#options.log.error({}, "the inference worker cannot be terminated: it hangs in native code");
  }

  async #exitsWithin(limitMs: number): Promise<boolean> {
    const waited = new Deferred<boolean>();
    using _timer = new RunningClock(this.#options.clock).startTimer(limitMs, () => waited.resolve(false));
    return await Promise.race([this.#worker.exited.then(() => true), waited.promise]);
  }
}

function causeOf(end: WorkerEnd): Error {
  return end.type === "failed" ? end.error : new Error(`the inference worker exited with code ${end.code}`);
}

/**
 * The commands on their way to the engine, in order. Credit waits for the end of the event loop's turn: when one write to the network takes the messages
 * of many streams, their credit wakes the engine's thread once instead of once for each stream. Every other command goes at once, together with the credit
 * that waits.
 */
export class CommandOutbox {
  readonly #post: (commands: readonly EngineCommand[]) => void;
  #waiting: EngineCommand[] = [];

  constructor(post: (commands: readonly EngineCommand[]) => void) {
    this.#post = post;
  }

  send(command: EngineCommand): void {
    const isFirst = this.#waiting.push(command) === 1;
    if (command.type !== "credit") this.flush();
    else if (isFirst) setImmediate(() => this.flush());
  }

  /** Sends the commands that wait, if there are any. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const commands = this.#waiting;
    this.#waiting = [];
    this.#post(commands);
  }
}

/** The longest interval at which a busy engine is pinged. */
const MAX_PING_INTERVAL_MS = 1_000;
/** The least number of pings within the step limit, so that a hang is found soon after the limit has passed. */
const LEAST_PINGS_PER_LIMIT = 4;

export interface EngineWatchdogOptions {
  /** The longest that a step or an answer may take. */
  readonly stepLimitMs: number;
  readonly clock: Clock;
  readonly ping: (pingId: number) => void;
  /** Called once, with an error that describes the hang. */
  readonly onHang: (error: Error) => void;
}

/** The engine's answer to a ping. */
interface Pong {
  readonly pingId: number;
  /** The number of the step that is in progress; undefined between two steps. */
  readonly stepNumber: number | undefined;
}

/**
 * Pings the engine every second while any run is active, and gives the alarm if a step or an answer takes longer than the step limit. Both are measured
 * in time during which this thread ran: a stopped process stops its engine too, and the engine is not to blame while this thread alone stands still.
 * The age of a step is therefore the time for which this thread has known it to be in progress, and not the time by the engine's own clock.
 */
export class EngineWatchdog implements Disposable {
  readonly #options: EngineWatchdogOptions;
  readonly #clock: RunningClock;
  readonly #intervalMs: number;
  #activeRuns = 0;
  #lastPingId = 0;
  /** When the unanswered ping was sent; undefined if there is none. */
  #askedMs: number | undefined;
  /** The step that was in progress at the latest answer, and when it was first seen. */
  #step: { readonly number: number; readonly sinceMs: number } | undefined;
  #timer: Disposable | undefined;

  constructor(options: EngineWatchdogOptions) {
    this.#options = options;
    this.#clock = new RunningClock(options.clock);
    this.#intervalMs = Math.min(MAX_PING_INTERVAL_MS, options.stepLimitMs / LEAST_PINGS_PER_LIMIT);
  }

  runStarted(): void {
    this.#activeRuns += 1;
    if (this.#activeRuns === 1) this.#rearm();
  }

  runEnded(): void {
    this.#activeRuns -= 1;
    if (this.#activeRuns === 0) this.#rest();
  }

  onPong({ pingId, stepNumber }: Pong): void {
    if (pingId !== this.#lastPingId || this.#askedMs === undefined) return;
    this.#askedMs = undefined;
    if (stepNumber === undefined) {
      this.#step = undefined;
      return;
    }
    if (this.#step?.number !== stepNumber) {
      this.#step = { number: stepNumber, sinceMs: this.#clock.nowMs() };
      return;
    }
    const ageMs = this.#clock.nowMs() - this.#step.sinceMs;
    const { stepLimitMs } = this.#options;
    if (ageMs < stepLimitMs) return;
    this.#alarm(`a step of the engine has been running for ${Math.round(ageMs)} ms, its limit is ${stepLimitMs} ms`);
  }

  [Symbol.dispose](): void {
    this.#rest();
  }

  #rearm(): void {
    this.#timer = this.#clock.startTimer(this.#intervalMs, () => this.#tick());
  }

  #rest(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#askedMs = undefined;
    this.#step = undefined;
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    this.#rearm();
    if (this.#askedMs === undefined) {
      this.#askedMs = nowMs;
      this.#lastPingId += 1;
      this.#options.ping(this.#lastPingId);
      return;
    }
    const silentMs = nowMs - this.#askedMs;
    if (silentMs >= this.#options.stepLimitMs) {
      this.#alarm(`the engine has not answered for ${Math.round(silentMs)} ms`);
    }
  }

  #alarm(message: string): void {
    this.#rest();
    this.#options.onHang(new Error(message));
  }
}
