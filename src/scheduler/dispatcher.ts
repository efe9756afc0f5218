import type { EngineCommand, EngineNotice, RunUpdate } from "../core/engine-messages.js";
import { GenerationError, quotaExceeded } from "../core/generation-error.js";
import { type Lane, LANES } from "../core/generation-request.js";
import type { Limits } from "../core/limits.js";
import type { WaitEstimates } from "../core/load-snapshot.js";
import { creditWindow } from "../core/piece.js";
import type { TenantPolicies } from "../core/tenant-policy.js";
import type { Clock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";
import { checkCapacity, checkExpectedWait, limitWait, type QueueFacts, shareOf } from "./admission.js";
import { ForecastCache } from "./forecast/forecast-cache.js";
import {
  deadlineErrorOf,
  type Newcomer,
  type PreparedRun,
  type RunForecast,
  RunWork,
  WaitAccuracy,
  type WaitRange,
} from "./forecast/run-work.js";
import { WaitEstimator } from "./forecast/wait-estimator.js";
import type { GenerationRecord } from "./generation/generation-record.js";
import { SlotQueue } from "./queue/slot-queue.js";
import { PreemptedRuns } from "./preempted-runs.js";
import { slotDemandOf, type TenantDemand } from "./slot-demand.js";
import { Preemptor, SlotTable } from "./slot-table.js";
import { TenantUse } from "./tenants/tenant-use.js";
import { type Admission, NewRun, ReturningRun, type WaitingRun } from "./waiting-run.js";
import { YieldPolicy } from "./yield-policy.js";

export interface DispatcherOptions {
  readonly slots: number;
  readonly limits: Limits;
  readonly laneWeights: Readonly<Record<Lane, number>>;
  readonly policies: TenantPolicies;
  readonly send: (command: EngineCommand) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The share of the slots that returning runs leave free, so that a new run never waits for slow readers, however many there are. */
const RESERVED_SHARE = 1 / 4;
/** The wait of a returning run, whose reader is told no position. */
const UNTOLD: WaitRange = { lowMs: 0, highMs: 0 };

/**
 * Decides which runs hold a slot and which wait. A slot stands for one sequence of the engine. It is held from `start` until the engine reports the run's
 * end, and the next run in the queue starts in the same tick. While other runs wait, a run whose reader is behind is preempted: it gives its slot up and
 * returns through the queue. So does a run of a tenant that has had more than its share.
 */
export class Dispatcher implements Disposable {
  readonly #options: DispatcherOptions;
  readonly #slots: SlotTable<GenerationRecord>;
  readonly #queue: SlotQueue<WaitingRun>;
  readonly #preempted = new PreemptedRuns();
  readonly #preemptor: Preemptor;
  readonly #yields: YieldPolicy;
  readonly #use: TenantUse;
  readonly #estimator: WaitEstimator;
  readonly #forecasts: ForecastCache;
  /** The number of free slots that returning runs do not take. */
  readonly #reserved: number;
  readonly #accuracy = new WaitAccuracy();
  #kvTokens = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#slots = new SlotTable(options.slots);
    this.#reserved = options.slots === 1 ? 0 : Math.max(1, Math.floor(options.slots * RESERVED_SHARE));
    this.#estimator = new WaitEstimator(options);
    this.#use = new TenantUse(options.policies, options.clock);
    this.#queue = new SlotQueue({
      weights: options.laneWeights,
      policies: options.policies,
      mayRun: (tenant) => this.#mayRun(tenant),
      capacity: options.slots * options.limits.queuePerSlot,
      forecast: (order) => {
        const works = order.map(({ work }) => work);
        return this.#estimator.forecastQueue(works, this.#yields.expected());
      },
      clock: options.clock,
    });
    this.#forecasts = new ForecastCache({
      queue: this.#queue,
      policies: options.policies,
      estimator: this.#estimator,
      yields: (tenant) => this.#yields.expected(tenant),
      clock: options.clock,
    });
    this.#preemptor = new Preemptor({
      slots: this.#slots,
      wanted: () => slotDemandOf(this.#demands(), this.#slots.free + this.#estimator.endingRuns, this.#reserved),
      capacity: () => options.limits.preemptedRuns - this.#preempted.size,
      clock: options.clock,
      preempt: (runId) => options.send({ type: "preempt", runId }),
    });
    this.#yields = new YieldPolicy({
      queue: this.#queue,
      laneWeights: options.laneWeights,
      policies: options.policies,
      runningOf: (tenant) => this.#use.runningOf(tenant),
      slots: options.slots,
    });
  }

  get slots(): { readonly total: number; readonly busy: number } {
    return { total: this.#slots.total, busy: this.#slots.busy };
  }

  /** The number of runs without a slot until their readers have caught up. */
  get preempted(): number {
    return this.#preempted.size;
  }

  /** The number of tokens in all sequences after the latest step. */
  get kvTokens(): number {
    return this.#kvTokens;
  }

  queueLoad(lane: Lane): { readonly waiting: number; readonly capacity: number } {
    return { waiting: this.#queue.waiting(lane), capacity: this.#queue.capacity };
  }

  /** The generations that hold a slot, then the preempted ones, then the others in the queue. */
  records(): GenerationRecord[] {
    return [
      ...this.#slots.holders(),
      ...this.#preempted.records(),
      ...this.#queue.waiters().map((waiter) => waiter.record),
    ];
  }

  /**
   * Gives the run a free slot, or an entry in the queue.
   * @throws GenerationError QUEUE_FULL, QUOTA_EXCEEDED, or DEADLINE_EXCEEDED if the deadline cannot be met.
   */
  admit(record: GenerationRecord, run: PreparedRun): void {
    const { tenant } = record.identity;
    const work = new RunWork(run, tenant);
    this.#use.checkTokens(tenant, work.inputTokens);
    // A reload may have raised a bound since.
    if (this.#slots.hasFree) this.#startNext();
    if (this.#hasSlotFor(tenant)) {
      this.#checkDeadline(run, () => this.#estimator.forecastNewcomer([undefined], work));
      this.#queue.pass(record.identity);
      this.#start({ record, run, work });
    } else {
      this.#enqueue({ record, run, work });
    }
    record.account.charged(this.#use.takeInput(tenant, work.inputTokens));
  }

  /** @throws GenerationError QUEUE_FULL or QUOTA_EXCEEDED if a call of the tenant would be refused now, whatever its input is. */
  checkRoom({ lane, tenant }: Pick<Newcomer, "lane" | "tenant">): void {
    this.#use.checkTokens(tenant, 0);
    if (!this.#hasSlotFor(tenant)) this.#checkQueue(this.#factsOf(lane, tenant), tenant);
  }

  /** Gives what a generation that ended without a slot was charged for its input back to its tenant's quota. */
  neverRan({ identity, account }: GenerationRecord): void {
    if (account.chargedInputTokens > 0) this.#use.takeInput(identity.tenant, -account.chargedInputTokens);
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

  /** Takes a notice of the engine: hands each run its update, frees the slots of the runs that ended, starts the next runs, and tells the engine so. */
  onNotice(notice: EngineNotice): void {
    if (notice.type !== "step") return;
    this.#kvTokens = notice.kvTokens;
    this.#estimator.observe(notice);
    for (const update of notice.updates) this.#onUpdate(update, notice.stepMs);
    this.#startNext();
    if (notice.updates.some(leavesItsSlot)) this.#options.send({ type: "slots_handed_over" });
  }

  /** Frees all slots for good, because the engine is gone. The runs in the queue stay, and the caller ends them. */
  freeAllSlots(): void {
    this.#preemptor.clear();
    this.#preempted.clear();
    this.#yields.clear();
    this.#queue.ledger.clear();
    this.#use.stopAll();
    this.#slots.clear();
    this.#estimator.clear();
    this.#kvTokens = 0;
  }

  /** The wait of a call that came now, in whichever lane. */
  wait(): WaitRange {
    if (this.#slots.hasFree) return { lowMs: 0, highMs: 0 };
    const waits = LANES.map((lane) => this.#forecasts.forecast({ lane, tenant: undefined, priority: 0 }).wait);
    return {
      lowMs: Math.min(...waits.map((wait) => wait.lowMs)),
      highMs: Math.max(...waits.map((wait) => wait.highMs)),
    };
  }

  /** How good the estimates were for the runs that got a slot. */
  get waitEstimates(): WaitEstimates {
    return this.#accuracy.snapshot();
  }

  /** The pushback of a caller that is refused now. */
  retryAfterMs(): number {
    return this.#estimator.retryAfterMs();
  }

  [Symbol.dispose](): void {
    this.#preemptor[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
  }

  #enqueue({ record, run, work }: Admission): void {
    const { limits, clock } = this.#options;
    const { lane, tenant } = record.identity;
    const queue = this.#factsOf(lane, tenant);
    const retryAfterMs = (excessMs?: number): number => this.#estimator.retryAfterMs(excessMs, tenant);
    this.#checkQueue(queue, tenant);
    const forecast = this.#forecasts.forecast(record.identity, work);
    const expected = forecast.wait;
    const { maxWaitMs } = run;
    checkExpectedWait(queue, { wait: expected, queueWaitMs: limits.queueWaitMs, maxWaitMs, retryAfterMs });
    this.#checkDeadline(run, () => forecast);
    const waiting = new NewRun({ record, run, work }, { expected, joinedAtMs: clock.nowMs() });
    const onPassed = (): void => record.abort(new GenerationError("MAX_WAIT", "no slot fell free within max_wait"));
    record.enqueue(limitWait(this.#queue.join(waiting, expected), { maxWaitMs, clock, onPassed }));
    this.#makeRoom();
  }

  /** Returns whether a new run of the tenant gets a slot at once. */
  #hasSlotFor(tenant: string): boolean {
    return this.#slots.hasFree && this.#mayRun(tenant);
  }

  #mayRun(tenant: string): boolean {
    return this.#use.mayRun(tenant) && !this.#isFarBehind(tenant);
  }

  /** Returns whether readers of the tenant are behind in as many preempted runs as it may have, so that no further run of it starts. */
  #isFarBehind(tenant: string): boolean {
    if (tenant === "" || this.#preempted.behindOf(tenant) === 0) return false;
    const active = this.#active(tenant, ...this.#preempted.tenants());
    return this.#preempted.behindOf(tenant) >= shareOf(this.#options.limits.preemptedRuns, { tenant, active });
  }

  /** The number of the named tenants and of those that have runs in the queue or with a slot. */
  #active(...tenants: readonly string[]): number {
    return new Set([...tenants, ...this.#queue.tenants(), ...this.#use.running()]).size;
  }

  #factsOf(lane: Lane, tenant: string): QueueFacts {
    const active = this.#active(tenant);
    const load = this.queueLoad(lane);
    const own = this.#queue.waitingOf(tenant, lane);
    return { lane, ...load, own, ownCapacity: shareOf(load.capacity, { tenant, active }) };
  }

  /** @throws GenerationError QUEUE_FULL or QUOTA_EXCEEDED if the queue, or the tenant in it, holds as many runs as it may. */
  #checkQueue(queue: QueueFacts, tenant: string): void {
    const retryAfterMs = (): number => this.#estimator.retryAfterMs(0, tenant);
    const { waitingCalls: limit = Infinity } = this.#options.policies.of(tenant);
    const used = LANES.reduce((sum, lane) => sum + this.#queue.waitingOf(tenant, lane), 0);
    if (used >= limit) {
      const quota = "waiting_calls";
      const message = `${used} calls of the tenant wait, and its ${quota} is ${limit}`;
      throw quotaExceeded({ tenant, quota, limit, used, message, retryAfterMs: retryAfterMs() });
    }
    checkCapacity(queue, retryAfterMs);
  }

  /** Preempts runs for those that wait: runs whose readers are behind, and then one of a tenant that has had more than its share. */
  #makeRoom(): void {
    this.#preemptor.makeRoom();
    if (this.#slots.hasFree || this.#preempted.size >= this.#options.limits.preemptedRuns) return;
    const runId = this.#yields.choose();
    if (runId !== undefined) this.#options.send({ type: "preempt", runId });
  }

  #start({ record, run, work }: Admission): void {
    const { limits, send } = this.#options;
    const runId = this.#slots.take(record);
    this.#hold(runId, { record, work });
    send({ type: "start", run: { ...run.spec, runId }, credit: creditWindow(limits) });
  }

  #startNext(): void {
    while (this.#slots.hasFree) {
      const waiter = this.#queue.serve({ newOnly: this.#slots.free <= this.#reserved });
      if (waiter === undefined) break;
      if (waiter.isNew) this.#startInTime(waiter);
      else this.#resume(waiter);
    }
    this.#makeRoom();
  }

  #hold(runId: number, { record, work }: Pick<Admission, "record" | "work">): void {
    const { lane, tenant, priority } = record.identity;
    this.#estimator.start(runId, work);
    this.#queue.ledger.open(runId, { lane, tenant, priority, work });
    this.#use.started(tenant);
    record.start(runId);
  }

  *#demands(): IterableIterator<TenantDemand> {
    const parked = this.#slots.holders().filter((holder) => holder.parkedMs() !== undefined);
    for (const tenant of this.#queue.tenants()) {
      if (this.#isFarBehind(tenant)) continue;
      const newRuns = LANES.reduce((sum, lane) => sum + this.#queue.waitingOf(tenant, lane), 0);
      const { runningCalls = Infinity } = this.#options.policies.of(tenant);
      yield {
        tenant,
        newcomers: newRuns + this.#queue.yieldedOf(tenant),
        returning: this.#queue.returningOf(tenant),
        room: Math.max(0, runningCalls - this.#use.runningOf(tenant)),
        parked: parked.filter(({ identity }) => identity.tenant === tenant).length,
      };
    }
  }

  /** Starts a waiting run, or ends it if its turn has come too late for its deadline. */
  #startInTime(waiter: NewRun): void {
    const nowMs = this.#options.clock.nowMs();
    this.#accuracy.observe(waiter.expected, nowMs - waiter.joinedAtMs);
    const forecast = (): RunForecast => this.#estimator.forecastNewcomer([undefined], waiter.work);
    const error = deadlineErrorOf(waiter.run, forecast, nowMs);
    if (error === undefined) this.#start(waiter);
    else waiter.record.abort(error);
  }

  #resume({ record, runId, work }: ReturningRun): void {
    this.#preempted.delete(runId);
    this.#slots.take(record, runId);
    this.#hold(runId, { record, work });
    this.#options.send({ type: "resume", runId });
  }

  #onUpdate(update: RunUpdate, stepMs: number): void {
    const { runId, stage, end } = update;
    const record = this.#slots.holderOf(runId) ?? this.#preempted.get(runId)?.record;
    if (record === undefined) return;
    const { tenant } = record.identity;
    const { outputTokens } = record.account;
    this.#queue.ledger.update(runId);
    const hasYielded = this.#yields.isLeaving(runId);
    if (leavesItsSlot(update)) this.#release(runId);
    if (stage === "preempted") this.#setAside(record, { runId, hasYielded });
    if (end?.outcome.type === "failed") {
      const { generationId } = record.identity;
      this.#options.log.error({ generationId, cause: end.outcome.message }, "the engine failed in a generation");
    }
    record.update(update, stepMs);
    this.#use.takeOutput(tenant, record.account.outputTokens - outputTokens);
    this.#returnIfReady(runId);
  }

  /** Puts a preempted run whose reader has caught up into the queue, from which it may get a slot at once. */
  #returnIfReady(runId: number): void {
    const preempted = this.#preempted.get(runId);
    if (preempted?.record.isReadyToReturn !== true) return;
    const { record, work, hasYielded } = preempted;
    preempted.isWaiting = true;
    record.enqueue(this.#queue.join(new ReturningRun({ record, runId, work, hasYielded }), UNTOLD));
    this.#startNext();
  }

  #setAside(record: GenerationRecord, { runId, hasYielded }: { runId: number; hasYielded: boolean }): void {
    const work = this.#estimator.giveUp(runId);
    if (work !== undefined) this.#preempted.set(runId, { record, work, hasYielded, isWaiting: false });
  }

  /** Frees the slot of a run that holds no sequence any more. */
  #release(runId: number): void {
    const holder = this.#slots.holderOf(runId);
    this.#preempted.delete(runId);
    this.#preemptor.gone(runId);
    this.#yields.gone(runId);
    this.#queue.ledger.close(runId);
    if (holder !== undefined) this.#use.stopped(holder.identity.tenant);
    this.#slots.release(runId);
  }

  /** @throws GenerationError DEADLINE_EXCEEDED if the deadline cannot be met. */
  #checkDeadline(run: PreparedRun, forecast: () => RunForecast): void {
    const error = deadlineErrorOf(run, forecast, this.#options.clock.nowMs());
    if (error !== undefined) throw error;
  }
}

function leavesItsSlot({ stage }: RunUpdate): boolean {
  return stage === "ended" || stage === "preempted";
}
