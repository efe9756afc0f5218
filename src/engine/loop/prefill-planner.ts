/** The size of a chunk. llama.cpp's flash attention on the processor has its fast path from 64 tokens on. */
const UNIT_TOKENS = 64;
/** The size by which a chunk grows beyond one unit, where each further token costs about the same. */
const GROWTH_TOKENS = 16;
/** The least size of a slow chunk: from here to below the unit, a chunk costs up to 1.7 times as much as a unit. */
const SLOW_TOKENS = 32;
/**
 * The tokens of a chunk that cost nothing beside decoding runs. llama.cpp evaluates equally many tokens of all sequences at once, so a chunk's first
 * token goes with theirs and only the rest is a pass of its own.
 */
const TOKENS_BESIDE_DECODING = 1;

/** A prompt that is not all prefilled. */
export interface PendingPrompt {
  /** At least 1. */
  readonly prefillTokensLeft: number;
  /** The position of the next token. */
  readonly position: number;
  /** Whether others were decoding when the run came. Its prompt then holds them up no longer than the budget. */
  readonly joins: boolean;
}

export interface PrefillLimits {
  /** The time that prefill may add to one step. One unit is prefilled however long it takes, and so are short prompts that come together. */
  readonly budgetMs: number;
  /** The most tokens of all prompts in one step, at least 1. Below a unit of 64 it is the size of a chunk. */
  readonly maxTokens: number;
}

/**
 * Decides how many tokens of each prompt the next step prefills. Prompts take turns, each with a unit of 64 tokens and then as many more as fit the
 * time budget by measured cost, so that a long prompt doesn't hold up a short one. A remainder of 32 to 63 tokens is avoided.
 *
 * Short prompts come first if they hold up nobody who decoded before them. They are prefilled in two lots, of which the first brings the decoding
 * runs to half of the slots: one batch for many prompts is less work than a batch for each, and half of their callers don't wait for the other half.
 */
export class PrefillPlanner {
  readonly #limits: PrefillLimits;
  readonly #firstLot: number;
  readonly #cost = new PrefillCost();

  constructor(limits: PrefillLimits, slots: number) {
    this.#limits = limits;
    this.#firstLot = Math.ceil(slots / 2);
  }

  observe(step: PrefillMeasurement): void {
    this.#cost.observe(step);
  }

  /** Estimates the ms for a prefill of an empty sequence. */
  estimatePrefillMs(tokens: number): number {
    return this.#cost.estimateMs(tokens, 0);
  }

  /**
   * @param prompts in the order in which they are served
   * @param decoding the number of runs that decode in the same step
   * @returns the tokens of each prompt, of which at least one is served; 0 means that it is not in this step
   */
  plan(prompts: readonly PendingPrompt[], decoding: number): number[] {
    const besideTokens = decoding > 0 ? TOKENS_BESIDE_DECODING : 0;
    const unitTokens = Math.min(UNIT_TOKENS + besideTokens, this.#limits.maxTokens);
    const room = new StepRoom(this.#limits, this.#cost);
    const grants = this.#planStarting(prompts, { decoding, unitTokens, room });
    for (let served = true; served;) {
      served = false;
      for (const [index, { prefillTokensLeft, position }] of prompts.entries()) {
        const granted = grants[index] ?? 0;
        const tokens = Math.min(granted === 0 ? unitTokens : GROWTH_TOKENS, prefillTokensLeft - granted);
        if (tokens === 0 || !room.tryTake(tokens, position + granted)) continue;
        grants[index] = granted + tokens;
        served = true;
      }
    }
    for (const [index, { prefillTokensLeft, position }] of prompts.entries()) {
      const granted = grants[index] ?? 0;
      const moved = withoutSlowRemainder({ granted, prefillTokensLeft, besideTokens });
      if (moved !== granted && room.tryTakeAtAnyCost(moved - granted, position)) grants[index] = moved;
    }
    return grants;
  }

  /** Plans short prompts that came together while nobody decoded. */
  #planStarting(prompts: readonly PendingPrompt[], { decoding, unitTokens, room }: Starting): number[] {
    let left = decoding < this.#firstLot ? this.#firstLot - decoding : Infinity;
    return prompts.map(({ prefillTokensLeft, position, joins }) => {
      const isLate = joins || prefillTokensLeft > unitTokens || left === 0;
      if (isLate || !room.tryTakeAtAnyCost(prefillTokensLeft, position)) return 0;
      left--;
      return prefillTokensLeft;
    });
  }
}

interface Starting {
  readonly decoding: number;
  readonly unitTokens: number;
  readonly room: StepRoom;
}

interface Cut {
  readonly granted: number;
  readonly prefillTokensLeft: number;
  readonly besideTokens: number;
}

/** Moves the cut if it would leave a slow remainder: back until the remainder is a unit, or on by at most half a unit. */
function withoutSlowRemainder({ granted, prefillTokensLeft, besideTokens }: Cut): number {
  const remainder = prefillTokensLeft - granted - besideTokens;
  if (granted < UNIT_TOKENS || remainder < SLOW_TOKENS || remainder >= UNIT_TOKENS) return granted;
  const shorter = granted - (UNIT_TOKENS - remainder);
  return shorter >= UNIT_TOKENS + besideTokens ? shorter : granted + remainder - (SLOW_TOKENS - 1);
}

/** The tokens and the time of one step that are left for prompts. */
class StepRoom {
  readonly #cost: PrefillCost;
  #leftTokens: number;
  #leftMs: number;
  #isUntouched = true;

  /** @param limits those of the whole step */
  constructor(limits: { readonly maxTokens: number; readonly budgetMs: number }, cost: PrefillCost) {
    this.#cost = cost;
    this.#leftTokens = limits.maxTokens;
    this.#leftMs = limits.budgetMs;
  }

  /** Takes time and tokens if both are left; the first to ask gets the time in any case. @returns whether it took them */
  tryTake(tokens: number, position: number): boolean {
    if (!this.#isUntouched && this.#cost.estimateMs(tokens, position) > this.#leftMs) return false;
    return this.tryTakeAtAnyCost(tokens, position);
  }

  /** Takes tokens if they are left, and the time even if it is not. @returns whether it took them */
  tryTakeAtAnyCost(tokens: number, position: number): boolean {
    if (tokens > this.#leftTokens) return false;
    this.#leftTokens -= tokens;
    this.#leftMs -= this.#cost.estimateMs(tokens, position);
    this.#isUntouched = false;
    return true;
  }
}

/** A measured step, as the fit needs it. */
interface PrefillMeasurement {
  readonly stepMs: number;
  /** The runs that were past their prompt. */
  readonly decodingRuns: number;
  /** The prompt tokens of the step; 0 if it only decoded. */
  readonly prefillTokens: number;
  /** The sum of the prompt tokens' positions. */
  readonly prefillPositions: number;
}

/** The cost of a token before any was measured, which is so high that the first chunk is one unit whatever the model. */
const INITIAL_TOKEN_MS = 4;
/** The share of a position in a token's cost while only short prompts have been measured: that of a model of 135 million parameters. */
const RATIO = 0.0013;
/** The weight of that share: that of one chunk of 64 tokens at position 100. */
const RATIO_WEIGHT = (64 * 100) ** 2;
/** The share of a measurement's weight that is left one step later. About the last five prefill steps count. */
const MEMORY = 0.8;
/** The factor over the estimate beyond which a step is not believed: another process held it up. */
const MOST_SURPRISE = 3;
/** The least cost of a token. A lower one makes no difference to any chunk, and an estimate of 0 could never be corrected. */
const LEAST_TOKEN_MS = 0.05;

/**
 * Learns the cost of prefill beside the decoding of the same step. A token at position p costs a + b·p ms, since attention reads all tokens before
 * it; a and b are the least-squares fit of recent steps.
 */
export class PrefillCost {
  #tokenMs = INITIAL_TOKEN_MS;
  #positionMs = INITIAL_TOKEN_MS * RATIO;
  /** The mean of recent steps that only decoded; 0 before the first. */
  #decodeStepMs = 0;
  readonly #measured = new Moments();

  /** Estimates the ms of `tokens` from `position` on. */
  estimateMs(tokens: number, position: number): number {
    return tokens * (this.#tokenMs + this.#positionMs * (position + tokens / 2));
  }

  observe(step: PrefillMeasurement): void {
    if (step.prefillTokens === 0) {
      this.#observeDecode(step.stepMs);
      return;
    }
    const decodeMs = step.decodingRuns > 0 ? this.#decodeStepMs : 0;
    const estimateMs = step.prefillTokens * this.#tokenMs + step.prefillPositions * this.#positionMs;
    const prefillMs = Math.min(Math.max(0, step.stepMs - decodeMs), MOST_SURPRISE * estimateMs);
    this.#measured.fade(MEMORY);
    this.#measured.add(step.prefillTokens, step.prefillPositions, prefillMs);
    this.#fit();
  }

  #observeDecode(stepMs: number): void {
    if (this.#decodeStepMs === 0) this.#decodeStepMs = stepMs;
    const believedMs = Math.min(stepMs, MOST_SURPRISE * this.#decodeStepMs);
    this.#decodeStepMs += (believedMs - this.#decodeStepMs) * (1 - MEMORY);
  }

  /** Fits the measurements by least squares, together with the weighted assumption b = RATIO · a. */
  #fit(): void {
    const { tm, pm } = this.#measured;
    const tt = this.#measured.tt + RATIO_WEIGHT * RATIO ** 2;
    const tp = this.#measured.tp - RATIO_WEIGHT * RATIO;
    const pp = this.#measured.pp + RATIO_WEIGHT;
    this.#positionMs = Math.max(0, (tt * pm - tp * tm) / (tt * pp - tp * tp));
    this.#tokenMs = Math.max(LEAST_TOKEN_MS, (tm - tp * this.#positionMs) / tt);
  }
}

/** Sums of products over measurements: tokens t, positions p, milliseconds m. */
class Moments {
  tt = 0;
  tp = 0;
  pp = 0;
  tm = 0;
  pm = 0;

  add(tokens: number, positions: number, ms: number): void {
    this.tt += tokens * tokens;
    this.tp += tokens * positions;
    this.pp += positions * positions;
    this.tm += tokens * ms;
    this.pm += positions * ms;
  }

  fade(factor: number): void {
    this.tt *= factor;
    this.tp *= factor;
    this.pp *= factor;
    this.tm *= factor;
    this.pm *= factor;
  }
}
