import type { EngineCommand, EngineNotice, RunUpdate } from "../core/engine-wall.js";
import { GenerationError } from "../core/generation-error.js";
import type { QueuePlace } from "../core/generation-event.js";
import { type Lane, LANES } from "../core/lane.js";
import type { Limits } from "../core/limits.js";
import type { WaitEstimates } from "../core/load-snapshot.js";
import type { Logger } from "../telemetry/logger.js";
import type { Clock } from "../sync/clock.js";
import { doomOf } from "./doom.js";
import type { GenerationRecord } from "./generation-record.js";
import { holdToCapacity, holdToWait } from "./line-bounds.js";
import { type PreparedRun, runSpecOf } from "./prepared-run.js";
import type { RunForecast, WaitRange } from "./run-forecast.js";
import { RunWork } from "./run-work.js";
import { SlotTable } from "./slot-table.js";
import { timedPlace } from "./timed-place.js";
import { WaitAccuracy } from "./wait-accuracy.js";
import { WaitEstimator } from "./wait-estimator.js";
import { type Waiter, WaitingRoom } from "./waiting-room.js";

export interface DispatcherOptions {
  readonly slots: number;
  readonly limits: Limits;
  readonly laneWeights: Readonly<Record<Lane, number>>;
  readonly send: (command: EngineCommand) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A prepared run, with the generation it belongs to and what is known of its work. */
interface Admission {
  readonly record: GenerationRecord;
  readonly run: PreparedRun;
  readonly work: RunWork;
}

/** A prepared run in line, with the generation it belongs to. */
class WaitingRun implements Waiter, Admission {
  readonly record: GenerationRecord;
  readonly run: PreparedRun;
  readonly work: RunWork;
  /** What it was told to expect when it joined. */
  readonly expected: WaitRange;
  readonly joinedAtMs: number;

  constructor(parts: Admission & Pick<WaitingRun, "expected" | "joinedAtMs">) {
    this.record = parts.record;
    this.run = parts.run;
    this.work = parts.work;
    this.expected = parts.expected;
    this.joinedAtMs = parts.joinedAtMs;
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
  readonly #accuracy = new WaitAccuracy();
  #kvTokens = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#slots = new SlotTable(options.slots);
    this.#estimator = new WaitEstimator(options.slots, options.clock);
    this.#room = new WaitingRoom({
      weights: options.laneWeights,
      capacity: options.slots * options.limits.linePerSlot,
      forecast: (order) => this.#estimator.forecastLine(order.map(({ work }) => work)),
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

  /** @throws GenerationError LINE_FULL, or DEADLINE_EXCEEDED where the deadline cannot be met. */
  admit(record: GenerationRecord, run: PreparedRun): void {
    const work = new RunWork(run);
    if (this.#slots.hasFree) {
      this.#refuseDoomed(run, this.#estimator.forecastNewcomer([undefined], work));
      this.#room.charge(record.identity.lane);
      this.#start({ record, run, work });
    } else {
      this.#lineUp({ record, run, work });
    }
  }

  /** Takes one notice of the engine: hands each run its part, frees the slots of those that ended, starts the next. */
  onNotice(notice: EngineNotice): void {
    if (notice.type !== "step") return;
    this.#kvTokens = notice.kvTokens;
    this.#estimator.observe(notice);
    for (const update of notice.updates) this.#onUpdate(update, notice.stepMs);
    this.#startNext();
  }

  /** The engine is gone: no run holds a slot any more. Those in line stay; whoever calls this ends them. */
  freeAllSlots(): void {
    this.#slots.clear();
    this.#estimator.clear();
    this.#kvTokens = 0;
  }

  /** What a call that came now would wait, whichever its lane. */
  wait(): WaitRange {
    if (this.#slots.hasFree) return { lowMs: 0, highMs: 0 };
    const waits = LANES.map((lane) => this.#forecastInLine(lane).wait);
    return {
      lowMs: Math.min(...waits.map((wait) => wait.lowMs)),
      highMs: Math.max(...waits.map((wait) => wait.highMs)),
    };
  }

  /** How good the estimates were, of those that came to a slot. */
  get waitEstimates(): WaitEstimates {
    return this.#accuracy.snapshot();
  }

  /** What a caller that is refused now is told to wait. */
  retryAfterMs(): number {
    return this.#estimator.retryAfterMs();
  }

  [Symbol.dispose](): void {
    this.#room[Symbol.dispose]();
  }

  #lineUp({ record, run, work }: Admission): void {
    const { limits, clock } = this.#options;
    const { lane } = record.identity;
    const line = { lane, ...this.line(lane) };
    const retryAfterMs = (excessMs?: number): number => this.#estimator.retryAfterMs(excessMs);
    holdToCapacity(line, retryAfterMs);
    const forecast = this.#forecastInLine(lane, work);
    const expected = forecast.wait;
    const { maxWaitMs } = run;
    holdToWait(line, { wait: expected, lineWaitMs: limits.lineWaitMs, maxWaitMs, retryAfterMs });
    this.#refuseDoomed(run, forecast);
    const waiting = new WaitingRun({ record, run, work, expected, joinedAtMs: clock.nowMs() });
    const onPassed = (): void => record.abort(new GenerationError("MAX_WAIT", "no slot fell free within max_wait"));
    record.lineUp(timedPlace(this.#room.join(waiting, expected), { maxWaitMs, clock, onPassed }));
  }

  #start({ record, run, work }: Admission): void {
    const { limits, send } = this.#options;
    const runId = this.#slots.take(record);
    this.#estimator.start(runId, work);
    record.start(runId);
    const credit = { pieces: limits.creditPieces, bytes: limits.creditBytes };
    send({ type: "start", run: runSpecOf(run, runId), credit });
  }

  #startNext(): void {
    while (this.#slots.hasFree) {
      const waiter = this.#room.serve();
      if (waiter === undefined) return;
      const nowMs = this.#options.clock.nowMs();
      this.#accuracy.observe(waiter.expected, nowMs - waiter.joinedAtMs);
      const doom = doomOf(waiter.run, this.#estimator.forecastNewcomer([undefined], waiter.work), nowMs);
      if (doom === undefined) this.#start(waiter);
      else waiter.record.abort(doom);
    }
  }

  #onUpdate(update: RunUpdate, stepMs: number): void {
    const record = this.#slots.holderOf(update.runId);
    if (record === undefined) return;
    if (update.end !== undefined) {
      this.#slots.release(update.runId);
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

  #refuseDoomed(run: PreparedRun, forecast: RunForecast): void {
    const doom = doomOf(run, forecast, this.#options.clock.nowMs());
    if (doom !== undefined) throw doom;
  }

  /** Of a run that joins the line now; without `work`, of its wait alone. */
  #forecastInLine(lane: Lane, work?: RunWork): RunForecast {
    const order = this.#room.order(lane).map((waiter) => waiter?.work);
    return this.#estimator.forecastNewcomer(order, work);
  }
}
