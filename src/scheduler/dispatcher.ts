import type { EngineCommand, EngineNotice, RunUpdate } from "../core/engine-wall.js";
import { GenerationError } from "../core/generation-error.js";
import { type Lane, LANES } from "../core/lane.js";
import type { Limits } from "../core/limits.js";
import type { Logger } from "../telemetry/logger.js";
import type { Clock } from "../sync/clock.js";
import { Evictor } from "./evictor.js";
import type { GenerationRecord } from "./generation-record.js";
import { type PreparedRun, runSpecOf } from "./prepared-run.js";
import { SlotTable } from "./slot-table.js";
import { WaitEstimator } from "./wait-estimator.js";
import type { WaitRange } from "./wait-forecast.js";
import { WaitingRoom } from "./waiting-room.js";
import { NewRun, ReturningRun, type WaitingRun } from "./waiting-run.js";

export interface DispatcherOptions {
  readonly slots: number;
  readonly limits: Limits;
  readonly laneWeights: Readonly<Record<Lane, number>>;
  readonly send: (command: EngineCommand) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Evicted {
  readonly record: GenerationRecord;
  readonly unreadTokens: number;
}

/**
 * Who runs and who waits. A slot stands for one sequence of the engine: it is held from `start` until the engine reports that run's end, never
 * less, and the next in line starts in the same tick. While others wait, a run whose reader is behind is evicted: it gives its slot up, and comes
 * back through the line.
 */
export class Dispatcher implements Disposable {
  readonly #options: DispatcherOptions;
  readonly #slots: SlotTable<GenerationRecord>;
  readonly #room: WaitingRoom<WaitingRun>;
  /** Runs without a slot, by id. */
  readonly #evicted = new Map<number, Evicted>();
  readonly #evictor: Evictor;
  readonly #estimator: WaitEstimator;
  #kvTokens = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#slots = new SlotTable(options.slots);
    this.#estimator = new WaitEstimator(this.#slots, options.clock);
    this.#room = new WaitingRoom({
      weights: options.laneWeights,
      capacity: options.slots * options.limits.linePerSlot,
      forecast: () => this.#estimator.forecast(),
      clock: options.clock,
    });
    this.#evictor = new Evictor({
      slots: this.#slots,
      waiting: () => this.#room.size,
      room: () => options.limits.evictedRuns - this.#evicted.size,
      clock: options.clock,
      evict: (runId) => options.send({ type: "evict", runId }),
    });
  }

  get slots(): { readonly total: number; readonly busy: number } {
    return { total: this.#slots.total, busy: this.#slots.busy };
  }

  /** How many are without a slot until their readers have caught up. */
  get evicted(): number {
    return this.#evicted.size;
  }

  /** Tokens held in all sequences after the latest step. */
  get kvTokens(): number {
    return this.#kvTokens;
  }

  line(lane: Lane): { readonly waiting: number; readonly capacity: number } {
    return { waiting: this.#room.waiting(lane), capacity: this.#room.capacity };
  }

  /** Those that hold a slot, those that gave it up, then those in line. */
  records(): GenerationRecord[] {
    const evicted = Array.from(this.#evicted.values(), ({ record }) => record);
    return [...this.#slots.holders(), ...evicted, ...this.#room.waiters().map((waiter) => waiter.record)];
  }

  /** @throws GenerationError LINE_FULL. */
  admit(record: GenerationRecord, run: PreparedRun): void {
    const { lane } = record.identity;
    if (this.#slots.hasFree) {
      this.#room.charge(lane);
      this.#start(record, run);
      return;
    }
    this.#holdToBounds(lane);
    record.lineUp(this.#room.join(new NewRun(record, run)));
    this.#evictor.makeRoom();
  }

  /** An evicted run, whose reader has caught up, gets a slot or a place in line. */
  comeBack(record: GenerationRecord, runId: number): void {
    const evicted = this.#evicted.get(runId);
    if (evicted === undefined) return;
    const returning = new ReturningRun(record, { runId, unreadTokens: evicted.unreadTokens });
    record.lineUp(this.#room.join(returning));
    this.#startNext();
  }

  /** Takes one notice of the engine: hands each run its part, frees the slots of those that ended, starts the next. */
  onNotice(notice: EngineNotice): void {
    if (notice.type !== "step") return;
    this.#kvTokens = notice.kvTokens;
    for (const update of notice.updates) this.#onUpdate(update, notice.stepMs);
    this.#startNext();
  }

  /** The engine is gone: no run holds a slot any more, or will again. Those in line stay; whoever calls this ends them. */
  freeAllSlots(): void {
    this.#evictor.clear();
    this.#evicted.clear();
    this.#slots.clear();
    this.#kvTokens = 0;
  }

  /** What a call that came now would wait, whichever its lane. */
  wait(): WaitRange {
    const waits = LANES.map((lane) => this.#waitOf(lane));
    return {
      lowMs: Math.min(...waits.map((wait) => wait.lowMs)),
      highMs: Math.max(...waits.map((wait) => wait.highMs)),
    };
  }

  /** What a caller that is refused now is told to wait. */
  retryAfterMs(): number {
    return this.#estimator.retryAfterMs();
  }

  [Symbol.dispose](): void {
    this.#evictor[Symbol.dispose]();
    this.#room[Symbol.dispose]();
  }

  #start(record: GenerationRecord, run: PreparedRun): void {
    const { limits, clock, send } = this.#options;
    const runId = this.#slots.take(record, clock.nowMs());
    record.start(runId);
    const credit = { pieces: limits.creditPieces, bytes: limits.creditBytes };
    send({ type: "start", run: runSpecOf(run, runId), credit });
  }

  #startNext(): void {
    while (this.#slots.hasFree) {
      const waiter = this.#room.serve();
      if (waiter === undefined) return;
      if (waiter.isNew) this.#start(waiter.record, waiter.run);
      else this.#resume(waiter);
    }
    this.#evictor.makeRoom();
  }

  #resume({ record, runId }: ReturningRun): void {
    const { clock, send } = this.#options;
    this.#evicted.delete(runId);
    this.#slots.take(record, clock.nowMs(), runId);
    record.start(runId);
    send({ type: "resume", runId });
  }

  #onUpdate(update: RunUpdate, stepMs: number): void {
    const { runId, stage, unreadTokens, end } = update;
    const record = this.#slots.holderOf(runId) ?? this.#evicted.get(runId)?.record;
    if (record === undefined) return;
    if (stage === "evicted" || stage === "ended") this.#release(runId);
    if (stage === "evicted") this.#evicted.set(runId, { record, unreadTokens });
    if (end?.outcome.type === "failed") {
      const { generationId } = record.identity;
      this.#options.log.error({ generationId, cause: end.outcome.message }, "the engine failed in a generation");
    }
    record.update(update, stepMs);
  }

  /** The run holds no sequence any more. */
  #release(runId: number): void {
    this.#evicted.delete(runId);
    this.#evictor.gone(runId);
    const heldMs = this.#slots.release(runId, this.#options.clock.nowMs());
    if (heldMs !== undefined) this.#estimator.observe(heldMs);
  }

  #holdToBounds(lane: Lane): void {
    const { waiting, capacity } = this.line(lane);
    const facts = { lane, waiting: String(waiting), capacity: String(capacity) };
    if (waiting >= capacity) {
      throw new GenerationError("LINE_FULL", `the ${lane} line is full: ${waiting} of ${capacity} places are taken`, {
        facts,
        retryAfterMs: this.retryAfterMs(),
      });
    }
    const { lowMs } = this.#waitOf(lane);
    const { lineWaitMs } = this.#options.limits;
    if (lowMs > lineWaitMs) {
      throw new GenerationError(
        "LINE_FULL",
        `the wait is at least ${Math.ceil(lowMs)} ms, the bound is ${lineWaitMs} ms`,
        {
          facts,
          retryAfterMs: this.#estimator.retryAfterMs(lowMs - lineWaitMs),
        },
      );
    }
  }

  #waitOf(lane: Lane): WaitRange {
    if (this.#slots.hasFree) return { lowMs: 0, highMs: 0 };
    return this.#estimator.waitFor(this.#room.grantsForNext(lane));
  }
}
