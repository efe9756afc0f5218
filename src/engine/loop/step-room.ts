import type { PrefillCost } from "./prefill-cost.js";

/** What is left of one step for prompts: of its tokens, and of its time. */
export class StepRoom {
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
