import type { EngineNotice } from "../../core/engine-messages.js";
import type { FinishReason } from "../../core/finish-reason.js";
import type { Clock } from "../../sync/clock.js";
import { EnginePace } from "./engine-pace.js";
import { MovingMeasure } from "./moving-measure.js";
import { OutputLengths } from "./output-lengths.js";
import { type Load, playOut, type Stay } from "./play-out.js";
import type { RunForecast, WaitRange } from "./run-forecast.js";
import type { RunWork } from "./run-work.js";
import { scenariosFor } from "./scenarios.js";

type StepNotice = Extract<EngineNotice, { type: "step" }>;

/** Told to a refused caller while nothing was measured yet. */
const UNMEASURED_RETRY_MS = 1_000;
/** Shares of the futures in which a wait is shorter. */
const WAIT_LOW = 0.1;
const WAIT_HIGH = 0.9;
/**
 * The share of the futures in which a run ends sooner than its lower estimate. Larger than that of waits, since no future has newcomers in it, who would
 * slow it down: `npm run proof:admission` shows that few are refused who would have been in time.
 */
const END_LOW = 0.4;
/** The least that a refused caller is told to wait. */
const MIN_RETRY_MS = 100;

/**
 * How long callers wait and how long their runs take, from the work that is left and the engine's pace. What cannot be known (how long outputs get, how much
 * of an input is in a sequence already, when a slow reader goes on) is learnt from the runs that ended; several futures are played out
 * with it, and the estimates leave out the luckiest and the unluckiest of them. Nobody is expected to come later. Main thread.
 */
export class WaitEstimator {
  readonly #slots: number;
  readonly #clock: Clock;
  readonly #pace = new EnginePace();
  readonly #outputs = new OutputLengths();
  readonly #reusedShare = new MovingMeasure();
  readonly #held = new Map<number, RunWork>();

  /** Of the latest step that decoded. */
  #width = 0;
  /** When the step before the present one ended, as far as was told. */
  #steppedAtMs = -Infinity;
  /** What a caller was told that was refused then; whoever is refused right after it is told the same. */
  #retry = { atMs: -Infinity, afterMs: 0 };

  constructor(slots: number, clock: Clock) {
    this.#slots = slots;
    this.#clock = clock;
  }

  /** It holds a slot from now on. */
  start(runId: number, work: RunWork): void {
    work.start(this.#clock.nowMs());
    this.#held.set(runId, work);
  }

  /** It gives its slot up before its end. @returns what is known of its work */
  giveUp(runId: number): RunWork | undefined {
    const work = this.#held.get(runId);
    this.#held.delete(runId);
    return work;
  }

  /** The engine was told to end it: what counts from now on is what is left of the present step. */
  ending(runId: number): void {
    this.#held.get(runId)?.end();
    this.#retry.atMs = -Infinity;
  }

  /** How many hold a slot that falls free with the present step. */
  get endingRuns(): number {
    let count = 0;
    for (const work of this.#held.values()) if (work.ending) count += 1;
    return count;
  }

  /** Learns from a step, and from those that ended with it. */
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
    // What is left of a run is counted in tokens: a step that made several of each counts as so many steps.
    const tokensOfARun = 1 + acceptedDraftTokens / Math.max(1, decodingRuns);
    this.#steppedAtMs = this.#clock.nowMs();
    if (stepMs > 0) this.#pace.observe({ stepMs: stepMs / tokensOfARun, decodingRuns, prefillTokens });
  }

  /** The engine is gone: nothing holds a slot. */
  clear(): void {
    this.#held.clear();
  }

  /** How long each in line will wait, in the order in which they are served; all 0 while nothing was measured. */
  forecastLine(line: readonly RunWork[]): WaitRange[] {
    if (!this.#pace.measured) return line.map(() => UNMEASURED.wait);
    const stride = strideOf(line);
    const sample = line.filter((_, place) => place % stride === 0);
    const futures = this.#playOut(sample, { stride });
    const waits = sample.map((_, place) => this.#forecastAt(futures, place).wait);
    return line.map((_, place) => waits[Math.floor(place / stride)] ?? UNMEASURED.wait);
  }

  /**
   * What is expected of one that comes now and takes the place that is undefined in `line`; all 0 while nothing was measured. Without `work` only its wait
   * counts. It is not thought to give up at its deadline; the others are.
   */
  forecastNewcomer(line: readonly (RunWork | undefined)[], work?: RunWork): RunForecast {
    const newcomerPlace = line.indexOf(undefined);
    if (newcomerPlace < 0) throw new Error("the newcomer has no place in the line");
    if (!this.#pace.measured) return UNMEASURED;
    const stride = strideOf(line);
    const sample = line.filter((_, place) => place === newcomerPlace || place % stride === 0);
    return this.#forecastAt(this.#playOut(sample, { stride, newcomer: work }), sample.indexOf(undefined));
  }

  /** How long a run takes once it has a slot, by the lower estimate. */
  runLowMs(work: RunWork): number {
    const { wait, endLowMs } = this.forecastNewcomer([undefined], work);
    return endLowMs - wait.lowMs;
  }

  /**
   * What a refused caller is told: when the next slot is expected to fall free, or, for one whose wait would have been too long, when it no longer
   * would be.
   */
  retryAfterMs(excessMs = 0): number {
    if (excessMs > 0) return Math.max(MIN_RETRY_MS, Math.ceil(excessMs));
    if (!this.#pace.measured) return UNMEASURED_RETRY_MS;
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#retry.atMs + MIN_RETRY_MS) {
      const { lowMs, highMs } = this.forecastNewcomer([undefined]).wait;
      this.#retry = { atMs: nowMs, afterMs: Math.max(MIN_RETRY_MS, Math.ceil((lowMs + highMs) / 2)) };
    }
    return this.#retry.afterMs;
  }

  #forecastAt({ scenarios, futures }: Futures, place: number): RunForecast {
    const { low, high } = this.#pace.spread;
    const startsMs = futures.map((stays) => stays[place]?.startMs ?? 0);
    const endsMs = futures.map((stays) => stays[place]?.endMs ?? 0);
    const lowMs = low * scenarios.quantile(startsMs, WAIT_LOW);
    const highMs = high * scenarios.quantile(startsMs, WAIT_HIGH);
    return { wait: { lowMs, highMs }, endLowMs: Math.max(lowMs, low * scenarios.quantile(endsMs, END_LOW)) };
  }

  /** @param options.stride each of the line stands for so many: what one of them waits for takes so many times as long as with it alone */
  #playOut(
    line: readonly (RunWork | undefined)[],
    { stride, newcomer }: { stride: number; newcomer?: RunWork | undefined },
  ): Futures {
    const scenarios = scenariosFor(this.#held.size + line.length);
    const futures = Array.from({ length: scenarios.count }, (_, scenario) => {
      const shareOf = (run: number): number => scenarios.share(scenario, run);
      const held = Array.from(this.#held.values(), (work, run) => this.#heldLoadOf(work, shareOf(run)));
      const waiting = line.map((work, place): Load => {
        const share = shareOf(held.length + place);
        if (work === undefined) {
          return newcomer === undefined ? NOTHING : { ...this.#loadOf(newcomer, share), leavesAtMs: Infinity };
        }
        const load = this.#loadOf(work, share);
        return stride === 1 ? load : { ...load, leavesAtMs: load.leavesAtMs / stride };
      });
      const stays = playOut({ slots: this.#slots, held, line: waiting, leastWidth: this.#width, pace: this.#pace });
      return stride === 1 ? stays : stretched(stays, stride);
    });
    return { scenarios, futures };
  }

  /** As `#loadOf`, of one that holds a slot: however it is ended, it keeps the slot as long as the present step lasts. */
  #heldLoadOf(work: RunWork, share: number): Load {
    const stepMs = work.parked ? 0 : this.#restOfStepMs();
    if (work.ending) return { prefillMsLeft: 0, outputTokens: 1, leavesAtMs: stepMs, timeLimitMs: Infinity };
    const { leavesAtMs, timeLimitMs, ...load } = this.#loadOf(work, share);
    return { ...load, leavesAtMs: Math.max(stepMs, Math.min(leavesAtMs, timeLimitMs)), timeLimitMs: Infinity };
  }

  /** Of the step in progress, at the measured pace; 0 where it lasts longer than that already. */
  #restOfStepMs(): number {
    const isReading = [...this.#held.values()].some(({ prefillTokensLeft }) => prefillTokensLeft > 0);
    const stepMs = this.#pace.decodeStepMs(this.#width) + (isReading ? this.#pace.prefillStepMs : 0);
    return Math.max(0, this.#steppedAtMs + stepMs - this.#clock.nowMs());
  }

  /** @param share of runs that need less, 0 to 1. */
  #loadOf(work: RunWork, share: number): Load {
    const nowMs = this.#clock.nowMs();
    const { startedAtMs, maxOutputTokens, madeTokens } = work;
    // Whether its reader comes back is unknown; if not, its slot is as good as free.
    if (work.parked && share < 0.5) return NOTHING;
    return {
      prefillMsLeft: this.#prefillTokensLeft(work, share) * this.#pace.prefillTokenMs,
      outputTokens: work.exactOutput
        ? maxOutputTokens - madeTokens
        : this.#outputs.remaining(madeTokens, maxOutputTokens, share),
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

interface Futures {
  readonly scenarios: ReturnType<typeof scenariosFor>;
  /** Of each, the stays of all that were in the line. */
  readonly futures: readonly (readonly Stay[])[];
}

const UNMEASURED: RunForecast = { wait: { lowMs: 0, highMs: 0 }, endLowMs: 0 };

/** Of a longer line only so many are played out, evenly spread, and each stands for those behind it. */
const LONGEST_LOOK = 256;

function strideOf(line: readonly unknown[]): number {
  return Math.max(1, Math.ceil(line.length / LONGEST_LOOK));
}

/** The stays of a sample where each stands for `stride`: once the first has its slot, waits grow so many times as fast. */
function stretched(stays: readonly Stay[], stride: number): Stay[] {
  const firstMs = stays[0]?.startMs ?? 0;
  return stays.map(({ startMs, endMs }) => {
    const stretchedMs = firstMs + (startMs - firstMs) * stride;
    return { startMs: stretchedMs, endMs: stretchedMs + endMs - startMs };
  });
}

const NOTHING: Load = { prefillMsLeft: 0, outputTokens: 0, leavesAtMs: Infinity, timeLimitMs: Infinity };

/** The output was as long as it wanted to be. All other ends say only that it would have been longer. */
const COMPLETE: ReadonlySet<FinishReason> = new Set(["end_of_turn", "stop_sequence", "stop_token"]);
