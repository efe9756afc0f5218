import { GenerationError } from "../../core/generation-error.js";
import { WAIT_ERROR_BOUNDS_MS, type WaitEstimates } from "../../core/load-snapshot.js";
import type { RunSpec, RunUpdate } from "../../core/engine-messages.js";
import type { Lane } from "../../core/generation-request.js";

/** A run that joins the queue, as the order of service sees it. */
export interface Newcomer {
  readonly lane: Lane;
  readonly tenant: string;
  /** The run with the higher priority is first among those of its tenant, whenever it came. */
  readonly priority: number;
}

/** A newcomer, or one without a tenant, who stands behind all others in its lane. */
export type ExpectedRun = Omit<Newcomer, "tenant"> & { readonly tenant: string | undefined };

/** An expected wait, which probably lies between its two ends. */
export interface WaitRange {
  readonly lowMs: number;
  readonly highMs: number;
}

/** The forecast for a run that has not begun. Times count from now. */
export interface RunForecast {
  /** The wait for a slot. */
  readonly wait: WaitRange;
  /** The lower estimate of the run's end, which leaves its own deadline out of account. */
  readonly endLowMs: number;
}

/**
 * Returns the error of a run that cannot end by its call's deadline even by the lower estimate, and undefined for a run that can. The estimate is for
 * the complete output. A caller that wants whatever is ready by some time sets `stopping.time_limit` instead, which the estimate
 * heeds. `forecast` is called only for a call that has a deadline, because a forecast takes 50 µs.
 */
export function deadlineErrorOf(
  { deadlineMs }: Pick<PreparedRun, "deadlineMs">,
  forecast: () => RunForecast,
  nowMs: number,
): GenerationError | undefined {
  if (deadlineMs === undefined) return undefined;
  const leftMs = Math.max(0, deadlineMs - nowMs);
  const { wait, endLowMs } = forecast();
  if (endLowMs <= leftMs) return undefined;
  const [left, least, leastWait] = [leftMs, endLowMs, wait.lowMs].map((ms) => String(Math.ceil(ms)));
  return new GenerationError(
    "DEADLINE_EXCEEDED",
    `the deadline cannot be met: it leaves ${left} ms, and the generation takes at least ${least} ms, ${leastWait} ms of them in the queue`,
    { facts: { deadline_left_ms: `${left}`, estimated_low_ms: `${least}`, estimated_wait_low_ms: `${leastWait}` } },
  );
}

/** Compares the waits that ended with a slot with the estimates that their callers were told. Its counts only grow. */
export class WaitAccuracy {
  readonly #verdicts = { shorter: 0, within: 0, longer: 0 };
  readonly #errors: number[] = WAIT_ERROR_BOUNDS_MS.map(() => 0);
  #sumMs = 0;

  /** Ignores an estimate of 0 to 0, which stands for none. */
  observe({ lowMs, highMs }: WaitRange, waitedMs: number): void {
    if (highMs === 0) return;
    this.#verdicts[waitedMs < lowMs ? "shorter" : waitedMs > highMs ? "longer" : "within"] += 1;
    const errorMs = waitedMs - (lowMs + highMs) / 2;
    this.#sumMs += errorMs;
    const bucket = WAIT_ERROR_BOUNDS_MS.findIndex((boundMs) => errorMs <= boundMs);
    this.#errors[bucket] = (this.#errors[bucket] ?? 0) + 1;
  }

  snapshot(): WaitEstimates {
    return { verdicts: { ...this.#verdicts }, errors: [...this.#errors], errorSumMs: this.#sumMs };
  }
}

/** A generation's run once its input is prepared, as its call submits it. */
export interface PreparedRun {
  /** Everything the engine needs except the run's id. Every field is required, so that the compiler finds one that is forgotten. */
  readonly spec: Required<Omit<RunSpec, "runId">>;
  /** How long the preparation took. */
  readonly prepareMs: number;
  /** When the call's deadline passes, by the scheduler's clock; undefined if it has none. */
  readonly deadlineMs: number | undefined;
  /** The longest that the caller waits in the queue. 0 accepts only a slot that is free at once; undefined leaves the bound to the server. */
  readonly maxWaitMs: number | undefined;
}

/** The work of generating a token, in prefilled tokens. */
const OUTPUT_TOKEN_WORK = 2;
/** The number of output tokens for which a run is charged when it gets a slot, and which it may generate before it has to give the slot up to another tenant. */
export const QUANTUM_TOKENS = 64;

/** How much of a run is done, as far as the engine's notices tell, and what bounds the rest. It lives from the run's submission to its end. */
export class RunWork {
  readonly tenant: string;
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  /** True if nothing can end the output before its maximum, so that its length is known. */
  readonly exactOutput: boolean;
  readonly timeLimitMs: number;
  /** By the scheduler's clock; Infinity if the call has no deadline. */
  readonly deadlineMs: number;
  #startedAtMs: number | undefined;
  #prefillTokensLeft: number;
  #reprefilledTokens = 0;
  #doneTokens = 0;
  #reusedTokens: number | undefined;
  #generatedTokens = 0;
  #prefilledTokens = 0;
  /** The output tokens when the run got its present slot. */
  #tokensBefore = 0;
  /** The tokens that had been prefilled again by then. */
  #reprefilledBefore = 0;
  #parked = false;
  #ending = false;

  constructor({ spec, deadlineMs }: Pick<PreparedRun, "spec" | "deadlineMs">, tenant: string) {
    this.tenant = tenant;
    const { inputTokens, stopping, format, grammar } = spec;
    this.inputTokens = inputTokens.length;
    this.#prefillTokensLeft = inputTokens.length;
    this.maxOutputTokens = stopping.maxOutputTokens;
    this.exactOutput =
      stopping.ignoreEndOfGeneration &&
      stopping.stopSequences.length === 0 &&
      stopping.stopTokenIds.length === 0 &&
      grammar === undefined &&
      (format === undefined || format.calls.length === 0);
    this.timeLimitMs = stopping.timeLimitMs;
    this.deadlineMs = deadlineMs ?? Infinity;
  }

  /** undefined while the run waits for its first slot. */
  get startedAtMs(): number | undefined {
    return this.#startedAtMs;
  }

  /** The tokens to be prefilled before the run decodes again: the whole input until the engine has told. */
  get prefillTokensLeft(): number {
    return this.#prefillTokensLeft;
  }

  /** The input tokens that a sequence held already; undefined until the engine has told. */
  get reusedTokens(): number | undefined {
    return this.#reusedTokens;
  }

  get generatedTokens(): number {
    return this.#generatedTokens;
  }

  /** The output tokens since the run got its slot. */
  get tokensInSlot(): number {
    return this.#generatedTokens - this.#tokensBefore;
  }

  /** The tokens that were prefilled again since the run got its slot, because its state was not saved. */
  get reprefilledInSlot(): number {
    return this.#reprefilledTokens - this.#reprefilledBefore;
  }

  /** The work that the engine has done for the run, in prefilled tokens. Reused tokens are no work. */
  get workDone(): number {
    return this.#prefilledTokens + OUTPUT_TOKEN_WORK * this.#generatedTokens;
  }

  /** The work for which the tenant of a run that holds a slot is charged: what is done, the rest of the prefill and the rest of the first quantum. */
  get workDue(): number {
    const quantumEnd = Math.min(this.maxOutputTokens, this.#tokensBefore + QUANTUM_TOKENS);
    const quantumLeft = Math.max(0, quantumEnd - this.#generatedTokens);
    return this.workDone + this.#prefillTokensLeft + OUTPUT_TOKEN_WORK * quantumLeft;
  }

  /** The work for which the tenant of a waiting run will be charged when the run gets a slot. */
  get expectedWork(): number {
    const outputTokens = Math.min(QUANTUM_TOKENS, Math.max(0, this.maxOutputTokens - this.#generatedTokens));
    return this.#prefillTokensLeft + OUTPUT_TOKEN_WORK * outputTokens;
  }

  get parked(): boolean {
    return this.#parked;
  }

  /** True once the engine was told to end the run, which then holds its slot only for the rest of the present step. */
  get ending(): boolean {
    return this.#ending;
  }

  end(): void {
    this.#ending = true;
  }

  /** Notes that the run gets a slot. The time of the first one stays. */
  start(nowMs: number): void {
    this.#startedAtMs ??= nowMs;
    this.#tokensBefore = this.#generatedTokens;
    this.#reprefilledBefore = this.#reprefilledTokens;
  }

  /** Takes the run's update and returns what the step did for the run. */
  update(update: RunUpdate): { readonly prefillTokens: number; readonly pulled: boolean } {
    const { prefill, decodedTokens, end } = update;
    // The token that ends a run is pulled too, but not counted.
    const pulled = decodedTokens > this.#generatedTokens || end?.outcome.type === "finished";
    let prefillTokens = update.reprefilledTokens - this.#reprefilledTokens;
    this.#reprefilledTokens = update.reprefilledTokens;
    this.#prefillTokensLeft = update.prefillTokensLeft;
    if (prefill !== undefined) {
      this.#reusedTokens = prefill.reusedTokens;
      prefillTokens += prefill.doneTokens - Math.max(this.#doneTokens, prefill.reusedTokens);
      this.#doneTokens = prefill.doneTokens;
    }
    this.#generatedTokens = decodedTokens;
    this.#prefilledTokens += prefillTokens;
    this.#parked = update.stage === "parked" || update.stage === "preempted";
    return { prefillTokens, pulled };
  }
}
