import type { Drafter } from "../run/prompt-lookup.js";
import { type DecodeStep, DraftCost, type StepCost } from "./draft-cost.js";

/** Decides which draft tokens each step verifies. */
export interface DraftPolicy {
  /** @param roomTokens the most tokens that the step can evaluate beside one for each run @returns the draft for each run, in their order */
  plan(runs: readonly Drafter[], roomTokens: number): readonly (readonly number[])[];
  /** Learns from a step without prefill. */
  observe(step: DecodeStep): void;
}

/** The most draft tokens of one run in one step. */
const MOST_DRAFT_TOKENS = 24;
/** The most draft tokens in a step while their cost is not known. */
const MOST_TRIAL_TOKENS = 4;
/** The factor by which drafts have to raise the tokens per ms. Estimates are noisy, and a step without drafts is over sooner. */
const MARGIN = 1.1;
/** The number of steps after which one goes without drafts, to measure again what a step costs. */
const PLAIN_EVERY = 32;

/**
 * Decides how many draft tokens of each run a step verifies, so that it yields the most tokens per ms. A token that is accepted with probability p
 * and makes the step c ms longer pays if p / c is above the step's tokens per ms. On text that repeats nothing, no token is drafted.
 */
export class DraftPlanner implements DraftPolicy {
  readonly #cost = new DraftCost();
  #stepsSincePlain = 0;

  plan(runs: readonly Drafter[], roomTokens: number): readonly (readonly number[])[] {
    const cost = this.#cost.at(runs.length);
    if (cost === undefined || ++this.#stepsSincePlain >= PLAIN_EVERY) {
      this.#stepsSincePlain = 0;
      return runs.map(() => []);
    }
    const counts = deal(runs, {
      cost,
      mostTokens: cost.isKnown ? roomTokens : Math.min(roomTokens, MOST_TRIAL_TOKENS),
    });
    return runs.map((run, index) => run.draft(counts[index] ?? 0));
  }

  observe(step: DecodeStep): void {
    this.#cost.observe(step);
  }
}

/** Deals draft tokens out, the likeliest first, up to the number that yields the most tokens per ms. @returns the number for each run */
function deal(
  runs: readonly Drafter[],
  { cost, mostTokens }: { cost: StepCost; mostTokens: number },
): readonly number[] {
  const counts = runs.map(() => 0);
  // For each run, the probability that its next draft token is accepted together with all before it.
  const chances = runs.map(({ confidence }) => confidence);
  let yieldTokens = runs.length;
  let stepMs = cost.decodeMs + cost.draftMs;
  let best = { counts: runs.map(() => 0), tokensPerMs: (MARGIN * runs.length) / cost.decodeMs };
  for (let left = mostTokens; left > 0; left--) {
    const likeliest = chances.reduce((most, chance, index) => (chance > (chances[most] ?? 0) ? index : most), 0);
    const chance = chances[likeliest] ?? 0;
    // The tokens after it are no likelier.
    if (chance <= best.tokensPerMs * cost.draftTokenMs) break;
    counts[likeliest] = (counts[likeliest] ?? 0) + 1;
    yieldTokens += chance;
    stepMs += cost.draftTokenMs;
    if (yieldTokens > best.tokensPerMs * stepMs) best = { counts: [...counts], tokensPerMs: yieldTokens / stepMs };
    chances[likeliest] = counts[likeliest] === MOST_DRAFT_TOKENS ? 0 : chance * (runs[likeliest]?.confidence ?? 0);
  }
  return best.counts;
}
