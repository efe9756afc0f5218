import { PrefillCost, type MeasuredStep } from "./prefill-cost.js";

/** llama.cpp's flash attention on CPU has its fast path from 64 tokens on. */
const UNIT_TOKENS = 64;
/** Chunks from here to below the unit cost up to 1.7 times one of the unit. */
const SLOW_TOKENS = 32;

/** A prompt that is being read in. */
export interface Unread {
  /** At least 1. */
  readonly unreadTokens: number;
  /** Where the next token goes. */
  readonly position: number;
}

export interface PrefillLimits {
  /** What reading prompts in may add to one step. One unit is read however long it takes. */
  readonly budgetMs: number;
  /** Most tokens of all prompts in one step, at least 1. Below a unit of 64, prompts are read in by so many. */
  readonly maxTokens: number;
}

/**
 * Decides how much of which prompt the next step reads in: as many units of 64 tokens as fit the time budget by measured cost, dealt out in turns, so
 * a long prompt doesn't hold up a short one, and fewer of them as the position grows. A remainder of 32 to 63 tokens is avoided.
 */
export class PrefillPlanner {
  readonly #limits: PrefillLimits;
  readonly #unitTokens: number;
  readonly #cost = new PrefillCost();

  constructor(limits: PrefillLimits) {
    this.#limits = limits;
    this.#unitTokens = Math.min(UNIT_TOKENS, limits.maxTokens);
  }

  observe(step: MeasuredStep): void {
    this.#cost.observe(step);
  }

  /** Estimated ms to read so many tokens into an empty sequence. */
  estimateReadMs(tokens: number): number {
    return this.#cost.estimateMs(tokens, 0);
  }

  /**
   * @param reading who comes first, is served first
   * @returns tokens for each; 0: not in this step. At least one is served.
   */
  plan(reading: readonly Unread[]): number[] {
    const grants = reading.map(() => 0);
    let leftMs = this.#limits.budgetMs;
    let leftTokens = this.#limits.maxTokens;
    let served = true;
    while (served) {
      served = false;
      for (const [index, { unreadTokens, position }] of reading.entries()) {
        const granted = grants[index] ?? 0;
        const tokens = Math.min(this.#unitTokens, unreadTokens - granted);
        if (tokens === 0 || tokens > leftTokens) continue;
        const costMs = this.#cost.estimateMs(tokens, position + granted);
        const isFirst = leftTokens === this.#limits.maxTokens;
        if (costMs > leftMs && !isFirst) continue;
        grants[index] = granted + tokens;
        leftMs -= costMs;
        leftTokens -= tokens;
        served = true;
      }
    }
    for (const [index, { unreadTokens }] of reading.entries()) {
      const granted = grants[index] ?? 0;
      const moved = withoutSlowRemainder(granted, unreadTokens);
      if (moved - granted > leftTokens) continue;
      grants[index] = moved;
      leftTokens -= moved - granted;
    }
    return grants;
  }
}

/** Moves the cut where it would leave a slow remainder: back by a unit, or on by at most half of one. */
function withoutSlowRemainder(granted: number, unreadTokens: number): number {
  const remainder = unreadTokens - granted;
  if (granted < UNIT_TOKENS || remainder < SLOW_TOKENS || remainder >= UNIT_TOKENS) return granted;
  return granted >= 2 * UNIT_TOKENS ? granted - UNIT_TOKENS : granted + remainder - (SLOW_TOKENS - 1);
}
