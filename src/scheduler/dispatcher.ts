import { creditWindow } from "../core/credit.js";
import type { EngineCommand, EngineNotice, RunUpdate } from "../core/engine-messages.js";
import { GenerationError } from "../core/generation-error.js";
import { type Lane, LANES } from "../core/generation-request.js";
import type { Limits } from "../core/limits.js";
import type { WaitEstimates } from "../core/load-snapshot.js";
import type { Logger } from "../telemetry/logger.js";
import type { Clock } from "../sync/clock.js";
import { doomOf } from "./forecast/doom.js";
import { Preemptor } from "./preemptor.js";
import type { GenerationRecord } from "./generation/generation-record.js";
import { LineOutlook } from "./forecast/line-outlook.js";
import { holdToCapacity, holdToWait } from "./queue/queue-bounds.js";
import type { PreparedRun } from "./forecast/prepared-run.js";
import type { RunForecast, WaitRange } from "./forecast/run-forecast.js";
import { RunWork } from "./forecast/run-work.js";
import { SlotTable } from "./slot-table.js";
import { timedPlace } from "./queue/timed-place.js";
import { WaitAccuracy } from "./forecast/wait-accuracy.js";
import { WaitEstimator } from "./forecast/wait-estimator.js";
import { WaitingRoom } from "./queue/waiting-room.js";
import { type Admission, NewRun, ReturningRun, type WaitingRun } from "./waiting-run.js";

export interface DispatcherOptions {
  readonly slots: number;
  readonly limits: Limits;
  readonly laneWeights: Readonly<Record<Lane, number>>;
  readonly send: (command: EngineCommand) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Preempted {
  readonly record: GenerationRecord;
  readonly work: RunWork;
}

/** Share of the slots in which newcomers never wait for slow readers to be served: however many of these there are, it is soon a newcomer's turn. */
const KEPT_SHARE = 1 / 4;
/** Of a run that comes back: its reader is told of no place in line. */
const UNTOLD: WaitRange = { lowMs: 0, highMs: 0 };

/**
 * Who runs and who waits. A slot stands for one sequence of the engine: it is held from `start` until the engine reports that run's end, never
 * less, and the next in line starts in the same tick. While others wait, a run whose reader is behind is preempted: it gives its slot up, and comes
 * back through the line.
 */
export class Dispatcher implements Disposable {
  readonly #options: DispatcherOptions;
  readonly #slots: SlotTable<GenerationRecord>;
  readonly #room: WaitingRoom<WaitingRun>;
  /** Runs without a slot, by id. */
  readonly #preempted = new Map<number, Preempted>();
  readonly #preemptor: Preemptor;
  readonly #estimator: WaitEstimator;
  readonly #outlook: LineOutlook;
  /** Free slots that runs which come back do not take. */
  readonly #kept: number;
  readonly #accuracy = new WaitAccuracy();
  #kvTokens = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#slots = new SlotTable(options.slots);
    this.#kept = options.slots === 1 ? 0 : Math.max(1, Math.floor(options.slots * KEPT_SHARE));
    this.#estimator = new WaitEstimator(options.slots, options.clock);
    this.#room = new WaitingRoom({
      weights: options.laneWeights,
      capacity: options.slots * options.limits.queuePerSlot,
      forecast: (order) => this.#estimator.forecastLine(order.map(({ work }) => work)),
      clock: options.clock,
    });
    this.#outlook = new LineOutlook({ room: this.#room, estimator: this.#estimator, clock: options.clock });
    this.#preemptor = new Preemptor({
      slots: this.#slots,
      wanted: () => this.#missingSlots(),
      room: () => options.limits.preemptedRuns - this.#preempted.size,
      clock: options.clock,
      preempt: (runId) => options.send({ type: "preempt", runId }),
    });
  }

  get slots(): { readonly total: number; readonly busy: number } {
    return { total: this.#slots.total, busy: this.#slots.busy };
  }

  /** How many are without a slot until their readers have caught up. */
  get preempted(): number {
    return this.#preempted.size;
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
    const preempted = Array.from(this.#preempted.values(), ({ record }) => record);
    return [...this.#slots.holders(), ...preempted, ...this.#room.waiters().map((waiter) => waiter.record)];
  }

  /** @throws GenerationError QUEUE_FULL, or DEADLINE_EXCEEDED where the deadline cannot be met. */
  admit(record: GenerationRecord, run: PreparedRun): void {
    const work = new RunWork(run);
    if (this.#slots.hasFree) {
      this.#refuseDoomed(run, () => this.#estimator.forecastNewcomer([undefined], work));
      this.#room.charge(record.identity.lane);
      this.#start({ record, run, work });
    } else {
      this.#lineUp({ record, run, work });
    }
  }

  /** @throws GenerationError QUEUE_FULL where there is neither a free slot nor a place in line. */
  checkRoom(lane: Lane): void {
    if (!this.#slots.hasFree) holdToCapacity({ lane, ...this.line(lane) }, () => this.#estimator.retryAfterMs());
  }

  /**
   * Sends the engine a generation's command for its run. A run that is cancelled counts as ending from now on. Credit shows that a reader has
   * taken something, so that its preempted run may be ready to return.
   */
  send(command: EngineCommand): void {
    if (command.type === "cancel" && command.mode !== "end_reasoning") this.#estimator.ending(command.runId);
    this.#options.send(command);
    if (command.type === "credit") this.#returnIfReady(command.runId);
  }

  /** Takes one notice of the engine: hands each run its part, frees the slots of those that ended, starts the next, and says so. */
  onNotice(notice: EngineNotice): void {
    if (notice.type !== "step") return;
    this.#kvTokens = notice.kvTokens;
    this.#estimator.observe(notice);
    for (const update of notice.updates) this.#onUpdate(update, notice.stepMs);
    this.#startNext();
    if (notice.updates.some(leavesItsSlot)) this.#options.send({ type: "slots_handed_over" });
  }

  /** The engine is gone: no run holds a slot any more, or will again. Those in line stay; whoever calls this ends them. */
  freeAllSlots(): void {
    this.#preemptor.clear();
    this.#preempted.clear();
    this.#slots.clear();
    this.#estimator.clear();
    this.#kvTokens = 0;
  }

  /** What a call that came now would wait, whichever its lane. */
  wait(): WaitRange {
    if (this.#slots.hasFree) return { lowMs: 0, highMs: 0 };
    const waits = LANES.map((lane) => this.#outlook.forecast(lane).wait);
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
    this.#preemptor[Symbol.dispose]();
    this.#room[Symbol.dispose]();
  }

  #lineUp({ record, run, work }: Admission): void {
    const { limits, clock } = this.#options;
    const { lane } = record.identity;
    const line = { lane, ...this.line(lane) };
    const retryAfterMs = (excessMs?: number): number => this.#estimator.retryAfterMs(excessMs);
    holdToCapacity(line, retryAfterMs);
    const forecast = this.#outlook.forecast(lane, work);
    const expected = forecast.wait;
    const { maxWaitMs } = run;
    holdToWait(line, { wait: expected, queueWaitMs: limits.queueWaitMs, maxWaitMs, retryAfterMs });
    this.#refuseDoomed(run, () => forecast);
    const waiting = new NewRun({ record, run, work, expected, joinedAtMs: clock.nowMs() });
    const onPassed = (): void => record.abort(new GenerationError("MAX_WAIT", "no slot fell free within max_wait"));
    record.lineUp(timedPlace(this.#room.join(waiting, expected), { maxWaitMs, clock, onPassed }));
    this.#preemptor.makeRoom();
  }

  #start({ record, run, work }: Admission): void {
    const { limits, send } = this.#options;
    const runId = this.#slots.take(record);
    this.#estimator.start(runId, work);
    record.start(runId);
    send({ type: "start", run: { ...run.spec, runId }, credit: creditWindow(limits) });
  }

  #startNext(): void {
    while (this.#slots.hasFree) {
      const waiter = this.#room.serve({ newOnly: this.#slots.free <= this.#kept });
      if (waiter === undefined) break;
      if (waiter.isNew) this.#startInTime(waiter);
      else this.#resume(waiter);
    }
    this.#preemptor.makeRoom();
  }

  /** What those in line need beyond the slots that are free or about to be, of which some are kept from those who come back. */
  #missingSlots(): number {
    const newcomers = LANES.reduce((sum, lane) => sum + this.#room.waiting(lane), 0);
    const left = this.#slots.free + this.#estimator.endingRuns - newcomers;
    return Math.max(0, -left) + Math.max(0, this.#room.returning - Math.max(0, left - this.#kept));
  }

  /** Ends one whose turn has come too late for its deadline. */
  #startInTime(waiter: NewRun): void {
    const nowMs = this.#options.clock.nowMs();
    this.#accuracy.observe(waiter.expected, nowMs - waiter.joinedAtMs);
    const doom = doomOf(waiter.run, () => this.#estimator.forecastNewcomer([undefined], waiter.work), nowMs);
    if (doom === undefined) this.#start(waiter);
    else waiter.record.abort(doom);
  }

  #resume({ record, runId, work }: ReturningRun): void {
    this.#preempted.delete(runId);
    this.#slots.take(record, runId);
    this.#estimator.start(runId, work);
    record.start(runId);
    this.#options.send({ type: "resume", runId });
  }

  #onUpdate(update: RunUpdate, stepMs: number): void {
    const { runId, stage, end } = update;
    const record = this.#slots.holderOf(runId) ?? this.#preempted.get(runId)?.record;
    if (record === undefined) return;
    if (leavesItsSlot(update)) this.#release(runId);
    if (stage === "preempted") this.#setAside(record, runId);
    if (end?.outcome.type === "failed") {
      const { generationId } = record.identity;
      this.#options.log.error({ generationId, cause: end.outcome.message }, "the engine failed in a generation");
    }
    record.update(update, stepMs);
    this.#returnIfReady(runId);
  }

  /** Gives a preempted run whose reader has caught up a slot, or an entry in the queue. */
  #returnIfReady(runId: number): void {
    const preempted = this.#preempted.get(runId);
    if (preempted?.record.isReadyToReturn !== true) return;
    const { record, work } = preempted;
    record.lineUp(this.#room.join(new ReturningRun({ record, runId, work }), UNTOLD));
    this.#startNext();
  }

  #setAside(record: GenerationRecord, runId: number): void {
    const work = this.#estimator.giveUp(runId);
    if (work !== undefined) this.#preempted.set(runId, { record, work });
  }

  /** The run holds no sequence any more. */
  #release(runId: number): void {
    this.#preempted.delete(runId);
    this.#preemptor.gone(runId);
    this.#slots.release(runId);
  }

  #refuseDoomed(run: PreparedRun, forecast: () => RunForecast): void {
    const doom = doomOf(run, forecast, this.#options.clock.nowMs());
    if (doom !== undefined) throw doom;
  }
}

function leavesItsSlot({ stage }: RunUpdate): boolean {
  return stage === "ended" || stage === "preempted";
}
