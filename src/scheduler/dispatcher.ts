import type { EngineCommand, EngineNotice, RunUpdate } from "../core/engine-wall.js";
import { GenerationError } from "../core/generation-error.js";
import type { QueuePlace } from "../core/generation-event.js";
import { type Lane, LANES } from "../core/lane.js";
import type { Limits } from "../core/limits.js";
import type { Logger } from "../telemetry/logger.js";
import type { Clock } from "../sync/clock.js";
import type { GenerationRecord } from "./generation-record.js";
import { type PreparedRun, runSpecOf } from "./prepared-run.js";
import { SlotTable } from "./slot-table.js";
import { WaitEstimator } from "./wait-estimator.js";
import type { WaitRange } from "./wait-forecast.js";
import { type Waiter, WaitingRoom } from "./waiting-room.js";

export interface DispatcherOptions {
  readonly slots: number;
  readonly limits: Limits;
  readonly laneWeights: Readonly<Record<Lane, number>>;
  readonly send: (command: EngineCommand) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A prepared run in line, with the generation it belongs to. */
class WaitingRun implements Waiter {
  readonly record: GenerationRecord;
  readonly run: PreparedRun;

  constructor(record: GenerationRecord, run: PreparedRun) {
    this.record = record;
    this.run = run;
  }

  get lane(): Lane {
    return this.record.identity.lane;
  }

  tellPlace(place: QueuePlace): void {
    this.record.tellPlace(place);
  }
}

/**
 * Who runs and who waits. A slot stands for one sequence of the engine: it is held from `start` until the engine reports that run's end, never
 * less, and the next in line starts in the same tick.
 */
export class Dispatcher implements Disposable {
  readonly #options: DispatcherOptions;
  readonly #slots: SlotTable<GenerationRecord>;
  readonly #room: WaitingRoom<WaitingRun>;
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
  }

  get slots(): { readonly total: number; readonly busy: number } {
    return { total: this.#slots.total, busy: this.#slots.busy };
  }

  /** Tokens held in all sequences after the latest step. */
  get kvTokens(): number {
    return this.#kvTokens;
  }

  line(lane: Lane): { readonly waiting: number; readonly capacity: number } {
    return { waiting: this.#room.waiting(lane), capacity: this.#room.capacity };
  }

  /** Those that hold a slot, then those in line. */
  records(): GenerationRecord[] {
    return [...this.#slots.holders(), ...this.#room.waiters().map((waiter) => waiter.record)];
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
    record.lineUp(this.#room.join(new WaitingRun(record, run)));
  }

  /** Takes one notice of the engine: hands each run its part, frees the slots of those that ended, starts the next. */
  onNotice(notice: EngineNotice): void {
    if (notice.type !== "step") return;
    this.#kvTokens = notice.kvTokens;
    for (const update of notice.updates) this.#onUpdate(update, notice.stepMs);
    this.#startNext();
  }

  /** The engine is gone: no run holds a slot any more. Those in line stay; whoever calls this ends them. */
  freeAllSlots(): void {
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
      this.#start(waiter.record, waiter.run);
    }
  }

  #onUpdate(update: RunUpdate, stepMs: number): void {
    const record = this.#slots.holderOf(update.runId);
    if (record === undefined) return;
    if (update.end !== undefined) {
      const heldMs = this.#slots.release(update.runId, this.#options.clock.nowMs());
      if (heldMs !== undefined) this.#estimator.observe(heldMs);
      if (update.end.outcome.type === "failed") {
        const { generationId } = record.identity;
        this.#options.log.error(
          { generationId, cause: update.end.outcome.message },
          "the engine failed in a generation",
        );
      }
    }
    record.update(update, stepMs);
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
    return this.#estimator.waitFor(this.#room.grantsFor(lane, this.#room.waiting(lane) + 1));
  }
}
