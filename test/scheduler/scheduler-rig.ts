import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import type { CancelMode, EngineNotice, RunStopping } from "../../src/core/engine-messages.js";
import { GenerationError } from "../../src/core/generation-error.js";
import type { GenerationEvent } from "../../src/core/generation-message.js";
import type { GenerationReport } from "../../src/core/generation-report.js";
import type { Lane } from "../../src/core/generation-request.js";
import { DEFAULT_LIMITS, type Limits } from "../../src/core/limits.js";
import type { TenantPolicies } from "../../src/core/tenant-policy.js";
import type { Piece } from "../../src/core/piece.js";
import type { UsageRecorder } from "../../src/core/usage-recorder.js";
import { NEUTRAL_SAMPLING } from "../../src/engine/engine.js";
import type { PreparedRun } from "../../src/scheduler/forecast/run-work.js";
import type { GenerationTarget } from "../../src/scheduler/generation/generation-registry.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { LifecycleState } from "../../src/scheduler/lifecycle-state.js";
import { EngineLink } from "../../src/scheduler/link/engine-link.js";
import { type CancelledGeneration, Scheduler } from "../../src/scheduler/scheduler.js";
import { Deferred } from "../../src/sync/deferred.js";
import { ManualClock } from "../support/manual-clock.js";
import { SCRIPT } from "../support/scripted-engine.js";
import type { ScriptedWorkerOptions } from "../support/scripted-worker.js";
import { RecordingLogger } from "./recording-logger.js";

export const SCRIPTED_WORKER = new URL("../support/scripted-worker.js", import.meta.url);

export interface RigOptions {
  readonly engine?: ScriptedWorkerOptions;
  readonly limits?: Partial<Limits>;
  readonly laneWeights?: Readonly<Record<Lane, number>>;
  readonly slots?: number;
  readonly policies?: TenantPolicies;
  readonly stepLimitMs?: number;
  /** Default: nobody gets the usage. */
  readonly usage?: UsageRecorder;
}

/** A call as a test opens it. */
export interface OpenOptions {
  /** Default: "", as where the server knows no tenants. */
  readonly tenant?: string;
  readonly lane?: Lane;
  readonly priority?: number;
  readonly requestId?: string;
  readonly controller?: AbortController;
}

/** What a test says of a run; all else has a default. */
export interface SubmitOptions extends OpenOptions {
  readonly stopping?: Partial<RunStopping>;
  readonly deadlineMs?: number;
  readonly maxWaitMs?: number;
}

/** The tokens that stand for the text's bytes: what the scripted engine echoes. */
export function echo(text: string, ...script: number[]): Uint32Array {
  return Uint32Array.from([...Buffer.from(text), ...script]);
}

/** Echoes for ever: holds its slot, parked once its credit is spent, until it is cancelled. */
export const ENDLESS = echo("x", SCRIPT.CYCLE);

export function runOf(inputTokens: Uint32Array, stopping: Partial<RunStopping> = {}): PreparedRun {
  return {
    spec: {
      tenant: "",
      cacheScope: "",
      inputTokens,
      sampling: { ...NEUTRAL_SAMPLING, temperature: 0, seed: 1 },
      stopping: {
        maxOutputTokens: 1_000,
        clampedByContext: false,
        stopSequences: [],
        stopTokenIds: [],
        ignoreEndOfGeneration: false,
        repetitionGuard: undefined,
        timeLimitMs: 600_000,
        ...stopping,
      },
      output: { logprobs: undefined, tokenBytes: false },
      format: undefined,
      grammar: undefined,
      reasoningBudgetTokens: undefined,
      comesBack: false,
    },
    prepareMs: 0,
    deadlineMs: undefined,
    maxWaitMs: undefined,
  };
}

const EVERY_TENANT = { tenant: "", everyTenant: true };

/** A scheduler in front of a real worker with the scripted engine; the main thread's time is moved by hand. */
export class SchedulerRig implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly log = new RecordingLogger();
  readonly lifecycle = new LifecycleState();
  readonly link: EngineLink;
  readonly scheduler: Scheduler;
  #lastBarrier = 1_000_000;

  private constructor(parts: { clock: ManualClock; log: RecordingLogger; link: EngineLink; options: RigOptions }) {
    const { options } = parts;
    this.clock = parts.clock;
    this.log = parts.log;
    this.link = parts.link;
    this.scheduler = new Scheduler({
      engine: this.link,
      lifecycle: this.lifecycle,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      laneWeights: options.laneWeights ?? { interactive: 3, batch: 1 },
      ...(options.usage === undefined ? {} : { usage: options.usage }),
      ...(options.slots === undefined ? {} : { slots: options.slots }),
      ...(options.policies === undefined ? {} : { policies: options.policies }),
      clock: this.clock,
      log: this.log,
    });
    this.lifecycle.advance("serving");
  }

  static async start(options: RigOptions = {}): Promise<SchedulerRig> {
    const clock = new ManualClock();
    const log = new RecordingLogger();
    const link = await EngineLink.start({
      entry: SCRIPTED_WORKER,
      workerData: options.engine ?? {},
      stepLimitMs: options.stepLimitMs ?? 30_000,
      clock,
      log,
    });
    return new SchedulerRig({ clock, log, link, options });
  }

  open(options: OpenOptions = {}): Generation {
    return this.scheduler.open({
      tenant: options.tenant ?? "",
      requestId: options.requestId,
      lane: options.lane ?? "interactive",
      priority: options.priority ?? 0,
      labels: new Map(),
      signal: (options.controller ?? new AbortController()).signal,
    });
  }

  /** Opens and submits in one go; one that is refused is left. */
  submit(inputTokens: Uint32Array, options: SubmitOptions = {}): Generation {
    const generation = this.open(options);
    const { deadlineMs, maxWaitMs, stopping } = options;
    try {
      this.scheduler.submit(generation, { ...runOf(inputTokens, stopping), deadlineMs, maxWaitMs });
    } catch (error) {
      generation[Symbol.dispose]();
      throw error;
    }
    return generation;
  }

  /** Cancels for a caller that may name every generation. */
  cancel(target: GenerationTarget, mode: CancelMode): CancelledGeneration {
    return this.scheduler.cancel(target, mode, EVERY_TENANT);
  }

  /** Reports to a caller that may name every generation. */
  report(target: GenerationTarget): GenerationReport {
    return this.scheduler.report(target, EVERY_TENANT);
  }

  get busySlots(): number {
    return this.scheduler.load().slots.busy;
  }

  /** The next notice of the engine, once the scheduler has taken it. */
  async notice(): Promise<EngineNotice> {
    const next = new Deferred<EngineNotice>();
    using _listening = this.link.onNotice((notice) => next.resolve(notice));
    return await next.promise;
  }

  /** Looks again after each notice. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.notice();
  }

  /** Until the engine has seen all that was sent so far. */
  async barrier(): Promise<void> {
    const pingId = ++this.#lastBarrier;
    this.link.send({ type: "ping", pingId });
    for (;;) {
      const notice = await this.notice();
      if (notice.type === "pong" && notice.pingId === pingId) return;
    }
  }

  /** All as before the first call: nobody known, no slot held, no queue entry held, no timer, nothing hooked to `signals`. */
  assertBaseline(signals: readonly AbortSignal[] = []): void {
    const { slots, queues, generations, parked } = this.scheduler.load();
    assert.deepEqual(
      { busy: slots.busy, interactive: queues.interactive.waiting, batch: queues.batch.waiting, parked, generations },
      { busy: 0, interactive: 0, batch: 0, parked: 0, generations: [] },
    );
    // A telling of moved positions may be due. It is not re-armed.
    this.clock.advance(200);
    assert.equal(this.clock.pendingTimers, 0);
    for (const signal of signals) assert.equal(getEventListeners(signal, "abort").length, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.scheduler[Symbol.dispose]();
    await this.link[Symbol.asyncDispose]();
  }
}

/** Reads to the end as a prompt reader does: each piece is taken at once. */
export async function readAll(generation: Generation): Promise<{
  events: GenerationEvent[];
  pieces: Piece[];
  text: string;
  finished: Extract<GenerationEvent, { type: "finished" }>;
}> {
  const events: GenerationEvent[] = [];
  const pieces: Piece[] = [];
  for (;;) {
    const event = await generation.next();
    events.push(event);
    if (event.type === "pieces") {
      pieces.push(...event.pieces);
      generation.taken(event.pieces);
    }
    if (event.type === "finished") {
      return { events, pieces, text: pieces.map((piece) => piece.text).join(""), finished: event };
    }
  }
}

/** The error with this code that `action` throws, or that the promise rejects with. */
export async function failureOf(action: (() => unknown) | Promise<unknown>, code: string): Promise<GenerationError> {
  let thrown: unknown;
  try {
    await (typeof action === "function" ? action() : action);
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof GenerationError, `expected ${code}, got ${String(thrown)}`);
  assert.equal(thrown.code, code);
  return thrown;
}
