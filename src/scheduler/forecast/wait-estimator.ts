import type { EngineNotice } from "../../core/engine-messages.js";
import type { FinishReason } from "../../core/run-end.js";
import type { TenantPolicies } from "../../core/tenant-policy.js";
import type { Clock } from "../../sync/clock.js";
import { EnginePace, MovingMeasure } from "./engine-pace.js";
import { OutputLengths } from "./output-lengths.js";
import type { RunForecast, RunWork, WaitRange } from "./run-work.js";
import { type RunningBound, samplesFor, simulate, type SimulatedRun, type SlotTimes } from "./simulation.js";

type StepNotice = Extract<EngineNotice, { type: "step" }>;

/** The further output tokens after which runs give their slots up to other tenants, by run id. They return behind all that wait now. */
export type Yields = ReadonlyMap<number, number>;

/** A refused caller is told to wait this long while nothing was measured. */
const UNMEASURED_RETRY_MS = 1_000;
/** A refused caller is told to wait at least this long. */
const MIN_RETRY_MS = 100;
/** The quantiles of the simulated waits that make the two ends of an estimate. */
const WAIT_LOW = 0.1;
const WAIT_HIGH = 0.9;
/**
 * The quantile of the simulated ends that makes the lower estimate of a run's end. It is larger than WAIT_LOW, because no simulation has newcomers, who
 * would slow the run down: `npm run proof:admission` shows that few runs are refused that would have been in time.
 */
const END_LOW = 0.4;
/** The most runs of a queue that are simulated. A longer queue is sampled evenly, and each run of the sample stands for those behind it. */
const MOST_SIMULATED = 256;
/**
 * The time after which the lower estimates are half as large if newcomers come and no step follows. A pace that was measured in a bad moment would
 * otherwise refuse every caller with a deadline for ever, because no refused caller makes a step.
 */
const FADE_HALF_LIFE_MS = 30_000;
const NO_YIELDS: Yields = new Map();
const UNMEASURED: RunForecast = { wait: { lowMs: 0, highMs: 0 }, endLowMs: 0 };
const NO_WORK: SimulatedRun = {
  prefillMsLeft: 0,
  outputTokens: 0,
  leavesAtMs: Infinity,
  timeLimitMs: Infinity,
  bound: undefined,
};
/** The reasons of an output that the model ended. With every other reason it would have been longer. */
const COMPLETE: ReadonlySet<FinishReason> = new Set(["end_of_turn", "stop_sequence", "stop_token"]);

export interface WaitEstimatorOptions {
  readonly slots: number;
  /** Bound the runs of a tenant that hold a slot. */
  readonly policies: TenantPolicies;
  readonly clock: Clock;
}

/** The newcomer of a forecast, as far as it is known. */
interface ForecastOptions {
  /** The newcomer's tenant where its work is unknown. A newcomer without a tenant has no bound. */
  readonly tenant?: string | undefined;
  readonly yields?: Yields;
}

/**
 * Estimates how long callers wait and how long their runs take, from the work that is left and the engine's pace. The length of outputs, the share of
 * an input that a sequence already holds and the moment at which a slow reader goes on are unknown. The estimator learns their distributions from the
 * runs that ended, simulates several samples of them, and leaves the extreme results out of its estimates. It expects no
 * further callers. Lives on the main thread.
 */
export class WaitEstimator {
  readonly #slots: number;
  readonly #policies: TenantPolicies;
  readonly #clock: Clock;
  readonly #pace = new EnginePace();
  readonly #outputs = new OutputLengths();
  readonly #reusedShare = new MovingMeasure();
  readonly #held = new Map<number, RunWork>();
  /** The number of runs in the latest step that decoded. */
  #width = 0;
  /** When the latest step ended, as far as the notices tell. */
  #steppedAtMs = -Infinity;
  /** When the first newcomer came since the latest step, or undefined if none has come. */
  #askedAtMs: number | undefined;
  /** The pushback of the latest refused caller, which a caller that is refused right after it gets too. */
  #retry = { atMs: -Infinity, afterMs: 0 };

  constructor({ slots, policies, clock }: WaitEstimatorOptions) {
    this.#slots = slots;
    this.#policies = policies;
    this.#clock = clock;
  }

  /** Notes that the run holds a slot from now on. */
  start(runId: number, work: RunWork): void {
    work.start(this.#clock.nowMs());
    this.#held.set(runId, work);
  }

  /** Notes that the run gives its slot up before its end, and returns what is known of its work. */
  giveUp(runId: number): RunWork | undefined {
    const work = this.#held.get(runId);
    this.#held.delete(runId);
    return work;
  }

  /** Notes that the engine was told to end the run, which holds its slot only for the rest of the present step. */
  ending(runId: number): void {
    this.#held.get(runId)?.end();
    this.#retry.atMs = -Infinity;
  }

  /** The number of slots that fall free with the present step. */
  get endingRuns(): number {
    let count = 0;
    for (const work of this.#held.values()) if (work.ending) count += 1;
    return count;
  }

  /** Learns from a step, and from the runs that ended with it. */
  observe({ updates, stepMs, acceptedDraftTokens }: StepNotice): void {
    let decodingRuns = 0;
    let prefillTokens = 0;
    for (const update of updates) {
      const work = this.#held.get(update.runId);
      if (work === undefined) continue;
      const share = work.update(update);
      prefillTokens += share.prefillTokens;
      if (share.pulled) decodingRuns += 1;
      if (update.end === undefined) continue;
      this.#held.delete(update.runId);
      if (work.reusedTokens !== undefined) this.#reusedShare.observe(work.reusedTokens / work.inputTokens);
      const { outcome, tally } = update.end;
      const isComplete = outcome.type === "finished" && COMPLETE.has(outcome.reason);
      if (!work.exactOutput) this.#outputs.observe(tally.outputTokens, isComplete);
    }
    if (decodingRuns > 0) this.#width = decodingRuns;
    // The work that is left is counted in tokens, so a step that generates several tokens of each run counts as that many steps.
    const tokensOfARun = 1 + acceptedDraftTokens / Math.max(1, decodingRuns);
    this.#steppedAtMs = this.#clock.nowMs();
    this.#askedAtMs = undefined;
    if (stepMs > 0) this.#pace.observe({ stepMs: stepMs / tokensOfARun, decodingRuns, prefillTokens });
  }

  /** Forgets the runs of an engine that is gone. */
  clear(): void {
    this.#held.clear();
  }

  /** The wait of each run in the queue, in the order in which they get slots; all 0 while nothing was measured. */
  forecastQueue(queue: readonly RunWork[], yields: Yields = NO_YIELDS): WaitRange[] {
    if (!this.#pace.measured) return queue.map(() => UNMEASURED.wait);
    const stride = strideOf(queue);
    const simulated = queue.filter((_, index) => index % stride === 0);
    const samples = this.#simulate(simulated, { stride, yields });
    const waits = simulated.map((_, index) => this.#forecastAt(samples, index).wait);
    return queue.map((_, index) => waits[Math.floor(index / stride)] ?? UNMEASURED.wait);
  }

  /**
   * The forecast of a newcomer that takes the position that is undefined in `queue`; all 0 while nothing was measured. Without `work`, only the wait of
   * the forecast is meant to be read. The newcomer is expected to outlast its deadline, and the other runs are not.
   */
  forecastNewcomer(
    queue: readonly (RunWork | undefined)[],
    work?: RunWork,
    { tenant = work?.tenant, yields = NO_YIELDS }: ForecastOptions = {},
  ): RunForecast {
    const newcomerIndex = queue.indexOf(undefined);
    if (newcomerIndex < 0) throw new Error("the newcomer has no position in the queue");
    if (!this.#pace.measured) return UNMEASURED;
    if (work !== undefined) this.#askedAtMs ??= this.#clock.nowMs();
    const stride = strideOf(queue);
    const simulated = queue.filter((_, index) => index === newcomerIndex || index % stride === 0);
    return this.#forecastAt(
      this.#simulate(simulated, { stride, yields, newcomer: work, tenant }),
      simulated.indexOf(undefined),
    );
  }

  /** The lower estimate of how long a run takes once it has a slot. */
  runLowMs(work: RunWork): number {
    const { wait, endLowMs } = this.forecastNewcomer([undefined], work);
    return endLowMs - wait.lowMs;
  }

  /**
   * The time after which a refused caller may try again: the time until the next slot is expected to fall free, or `excessMs` if its wait would have been
   * too long by that. For a caller whose tenant bounds its running calls, it is the next slot that the tenant may have.
   */
  retryAfterMs(excessMs = 0, tenant?: string): number {
    if (excessMs > 0) return Math.max(MIN_RETRY_MS, Math.ceil(excessMs));
    if (!this.#pace.measured) return UNMEASURED_RETRY_MS;
    if (tenant !== undefined && this.#policies.of(tenant).runningCalls !== undefined) return this.#nextSlotMs(tenant);
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#retry.atMs + MIN_RETRY_MS) this.#retry = { atMs: nowMs, afterMs: this.#nextSlotMs(undefined) };
    return this.#retry.afterMs;
  }

  #nextSlotMs(tenant: string | undefined): number {
    const { lowMs, highMs } = this.forecastNewcomer([undefined], undefined, { tenant }).wait;
    return Math.max(MIN_RETRY_MS, Math.ceil((lowMs + highMs) / 2));
  }

  #forecastAt(samples: readonly SlotTimes[][], queueIndex: number): RunForecast {
    const { high, low: lowOfPace } = this.#pace.spread;
    const nowMs = this.#clock.nowMs();
    const low = lowOfPace * 0.5 ** ((nowMs - (this.#askedAtMs ?? nowMs)) / FADE_HALF_LIFE_MS);
    const startsMs = samples.map((times) => times[queueIndex]?.startMs ?? 0);
    const endsMs = samples.map((times) => times[queueIndex]?.endMs ?? 0);
    const lowMs = low * quantile(startsMs, WAIT_LOW);
    const highMs = high * quantile(startsMs, WAIT_HIGH);
    return { wait: { lowMs, highMs }, endLowMs: Math.max(lowMs, low * quantile(endsMs, END_LOW)) };
  }

  /**
   * Simulates several samples and returns the slot times of each.
   * @param options.stride the number of queued runs for which each simulated one stands: what one of them waits for takes that many times as long.
   */
  #simulate(queue: readonly (RunWork | undefined)[], { stride, yields, newcomer, tenant }: Simulated): SlotTimes[][] {
    const boundOf = this.#bounds();
    const hypercube = samplesFor(this.#held.size + queue.length);
    return Array.from({ length: hypercube.samples }, (_, sample) => {
      const shareOf = (run: number): number => hypercube.share(sample, run);
      const returning: SimulatedRun[] = [];
      const held = Array.from(this.#held, ([runId, work], run) => {
        const holder = { ...this.#simulatedHolder(work, shareOf(run)), bound: boundOf(work.tenant) };
        const yieldTokens = yields.get(runId);
        if (yieldTokens === undefined || holder.outputTokens <= yieldTokens) return holder;
        returning.push({ ...holder, prefillMsLeft: 0, outputTokens: holder.outputTokens - yieldTokens });
        return { ...holder, outputTokens: yieldTokens };
      });
      const waiting = queue.map((work, index): SimulatedRun => {
        const share = shareOf(held.length + index);
        const bound = boundOf(work === undefined ? tenant : work.tenant);
        if (work === undefined) {
          if (newcomer === undefined) return { ...NO_WORK, bound };
          return { ...this.#simulatedRun(newcomer, share), leavesAtMs: Infinity, bound };
        }
        const run = { ...this.#simulatedRun(work, share), bound };
        return stride === 1 ? run : { ...run, leavesAtMs: run.leavesAtMs / stride };
      });
      const times = simulate({
        slots: this.#slots,
        held,
        queue: [...waiting, ...returning],
        leastWidth: this.#width,
        pace: this.#pace,
      });
      return stride === 1 ? times : stretched(times, stride);
    });
  }

  /** Returns the function that looks a tenant's bound up, once for each tenant. */
  #bounds(): (tenant: string | undefined) => RunningBound | undefined {
    const known = new Map<string | undefined, RunningBound | undefined>([[undefined, undefined]]);
    return (tenant) => {
      if (tenant === undefined || known.has(tenant)) return known.get(tenant);
      const { runningCalls } = this.#policies.of(tenant);
      const bound = runningCalls === undefined ? undefined : { mostRunning: Math.max(1, runningCalls) };
      known.set(tenant, bound);
      return bound;
    };
  }

  /** A run that holds a slot keeps it for the rest of the present step, however it ends. */
  #simulatedHolder(work: RunWork, share: number): Omit<SimulatedRun, "bound"> {
    const stepMs = work.parked ? 0 : this.#restOfStepMs();
    if (work.ending) return { prefillMsLeft: 0, outputTokens: 1, leavesAtMs: stepMs, timeLimitMs: Infinity };
    const { leavesAtMs, timeLimitMs, ...left } = this.#simulatedRun(work, share);
    return { ...left, leavesAtMs: Math.max(stepMs, Math.min(leavesAtMs, timeLimitMs)), timeLimitMs: Infinity };
  }

  /** The rest of the step in progress, at the measured pace; 0 once the step lasts longer than that. */
  #restOfStepMs(): number {
    const isPrefilling = [...this.#held.values()].some(({ prefillTokensLeft }) => prefillTokensLeft > 0);
    const stepMs = this.#pace.decodeStepMs(this.#width) + (isPrefilling ? this.#pace.prefillStepMs : 0);
    return Math.max(0, this.#steppedAtMs + stepMs - this.#clock.nowMs());
  }

  /** @param share the share of runs that need less, 0 to 1. */
  #simulatedRun(work: RunWork, share: number): Omit<SimulatedRun, "bound"> {
    const nowMs = this.#clock.nowMs();
    const { startedAtMs, maxOutputTokens, generatedTokens } = work;
    // Nobody knows whether the reader of a parked run comes back. If it does not, the slot is as good as free.
    if (work.parked && share < 0.5) return NO_WORK;
    return {
      prefillMsLeft: this.#prefillTokensLeft(work, share) * this.#pace.prefillTokenMs,
      outputTokens: work.exactOutput
        ? maxOutputTokens - generatedTokens
        : this.#outputs.remaining(generatedTokens, maxOutputTokens, share),
      leavesAtMs: work.deadlineMs - nowMs,
      timeLimitMs: work.timeLimitMs - (startedAtMs === undefined ? 0 : nowMs - startedAtMs),
    };
  }

  #prefillTokensLeft(work: RunWork, share: number): number {
    if (work.reusedTokens !== undefined) return work.prefillTokensLeft;
    const { measured, mean, deviation } = this.#reusedShare;
    if (!measured) return share < 0.5 ? 0 : work.prefillTokensLeft;
    const reused = share < 0.5 ? Math.min(1, mean + 2 * deviation) : Math.max(0, mean - 2 * deviation);
    return work.prefillTokensLeft * (1 - reused);
  }
}

interface Simulated {
  readonly stride: number;
  readonly yields: Yields;
  /** The newcomer's work and tenant, as far as they are known. */
  readonly newcomer?: RunWork | undefined;
  readonly tenant?: string | undefined;
}

function strideOf(queue: readonly unknown[]): number {
  return Math.max(1, Math.ceil(queue.length / MOST_SIMULATED));
}

/** Stretches the slot times of runs that stand for `stride` runs each: once the first has its slot, waits grow that many times as fast. */
function stretched(times: readonly SlotTimes[], stride: number): SlotTimes[] {
  const firstMs = times.reduce((least, { startMs }) => Math.min(least, startMs), Infinity);
  return times.map(({ startMs, endMs }) => {
    const stretchedMs = firstMs + (startMs - firstMs) * stride;
    return { startMs: stretchedMs, endMs: stretchedMs + endMs - startMs };
  });
}

/** The value below which this share of the values lies. */
function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.round(share * (values.length - 1))] ?? 0;
}
