import { type PrefillMeasurement, PrefillCost } from "./prefill-cost.js";

/** llama.cpp's flash attention on CPU has its fast path from 64 tokens on. */
const UNIT_TOKENS = 64;
/** What a chunk of a unit grows by: beyond the unit, each further token costs about the same. */
const GROWTH_TOKENS = 16;
/** Chunks from here to below the unit cost up to 1.7 times one of the unit. */
const SLOW_TOKENS = 32;
/**
 * llama.cpp evaluates equally many tokens of all sequences at once: beside runs that decode, a chunk's first token goes with theirs, and only the rest is
 * a pass of its own.
 */
const TOKENS_BESIDE_DECODING = 1;

/** A prompt that is being read in. */
export interface PendingPrompt {
  /** At least 1. */
  readonly prefillTokensLeft: number;
  /** Where the next token goes. */
  readonly position: number;
  /** Others were decoding when it came: it holds them up no longer than the budget. */
  readonly joins: boolean;
}

export interface PrefillLimits {
  /** What reading prompts in may add to one step. One unit is read however long it takes, and so are short prompts that come together. */
  readonly budgetMs: number;
  /** Most tokens of all prompts in one step, at least 1. Below a unit of 64, prompts are read in by so many. */
  readonly maxTokens: number;
}

/**
 * Decides how much of which prompt the next step reads in: a unit of 64 tokens and what more fits the time budget by measured cost, dealt out in
 * turns, so a long prompt doesn't hold up a short one, and less of it as the position grows. A remainder of 32 to 63 tokens is avoided. Before all others come short
 * prompts that keep nobody waiting who decoded before, in two lots: those that bring the runs to half of the slots, then the rest. One batch for many is
 * less work than a batch for each, and half of their callers don't wait for the other half.
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

  /** Estimated ms to read so many tokens into an empty sequence. */
  estimatePrefillMs(tokens: number): number {
    return this.#cost.estimateMs(tokens, 0);
  }

  /**
   * @param prompts who comes first, is served first
   * @param decoding how many runs decode in the same step
   * @returns tokens for each; 0: not in this step. At least one is served.
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

  /** Short prompts that came together, and while nobody decoded. */
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

/** Moves the cut where it would leave a slow remainder: back until that is a unit, or on by at most half of one. */
function withoutSlowRemainder({ granted, prefillTokensLeft, besideTokens }: Cut): number {
  const remainder = prefillTokensLeft - granted - besideTokens;
  if (granted < UNIT_TOKENS || remainder < SLOW_TOKENS || remainder >= UNIT_TOKENS) return granted;
  const shorter = granted - (UNIT_TOKENS - remainder);
  return shorter >= UNIT_TOKENS + besideTokens ? shorter : granted + remainder - (SLOW_TOKENS - 1);
}

/** What is left of one step for prompts: of its tokens, and of its time. */
class StepRoom {
  readonly #cost: PrefillCost;
  #leftTokens: number;
  #leftMs: number;
  #isUntouched = true;

  /** @param limits of the whole step */
  constructor(limits: { readonly maxTokens: number; readonly budgetMs: number }, cost: PrefillCost) {
    this.#cost = cost;
    this.#leftTokens = limits.maxTokens;
    this.#leftMs = limits.budgetMs;
  }

  /** Takes time and tokens if both are left; whoever comes first gets the time in any case. @returns whether it did */
  tryTake(tokens: number, position: number): boolean {
    if (!this.#isUntouched && this.#cost.estimateMs(tokens, position) > this.#leftMs) return false;
    return this.tryTakeAtAnyCost(tokens, position);
  }

  /** Takes tokens if they are left, and time even if it is not. @returns whether it did */
  tryTakeAtAnyCost(tokens: number, position: number): boolean {
    if (tokens > this.#leftTokens) return false;
    this.#leftTokens -= tokens;
    this.#leftMs -= this.#cost.estimateMs(tokens, position);
    this.#isUntouched = false;
    return true;
  }
}
