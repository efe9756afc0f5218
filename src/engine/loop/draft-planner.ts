import type { Drafter } from "../run/prompt-lookup.js";
import { type DecodeStep, DraftCost, type StepCost } from "./draft-cost.js";

/** Decides what is tried, step by step. */
export interface DraftPolicy {
  /**
   * @param roomTokens most tokens that the step can evaluate beside one for each run
   * @returns the draft for each run, in their order
   */
  plan(runs: readonly Drafter[], roomTokens: number): readonly (readonly number[])[];
  /** Learns from a step that read no prompt in. */
  observe(step: DecodeStep): void;
}

/** Most of one run in one step. */
const MOST_DRAFT_TOKENS = 24;
/** Most in a step whose cost is only supposed. */
const MOST_TRIAL_TOKENS = 4;
/** Drafts have to make a step yield so many times more for its time: estimates are noisy, and a step without them is over sooner. */
const MARGIN = 1.1;
/** Every so many steps one goes without drafts, to see again what a step costs. */
const PLAIN_EVERY = 32;

/**
 * Decides how many tokens of which draft are tried in a step, so that most tokens come out of the time: a token that is right with probability p, and
 * makes the step c ms longer, pays where p / c is more than what the step yields per ms. On text that repeats nothing, nothing is tried.
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

/** The likeliest tokens first, as many as make the step yield most for its time. @returns how many of each run */
function deal(
  runs: readonly Drafter[],
  { cost, mostTokens }: { cost: StepCost; mostTokens: number },
): readonly number[] {
  const counts = runs.map(() => 0);
  // That the next token of each is right, and all before it.
  const chances = runs.map(({ confidence }) => confidence);
  let yieldTokens = runs.length;
  let stepMs = cost.decodeMs + cost.draftMs;
  let best = { counts: runs.map(() => 0), tokensPerMs: (MARGIN * runs.length) / cost.decodeMs };
  for (let left = mostTokens; left > 0; left--) {
    const likeliest = chances.reduce((most, chance, index) => (chance > (chances[most] ?? 0) ? index : most), 0);
    const chance = chances[likeliest] ?? 0;
    // Those after it are no likelier.
    if (chance <= best.tokensPerMs * cost.draftTokenMs) break;
    counts[likeliest] = (counts[likeliest] ?? 0) + 1;
    yieldTokens += chance;
    stepMs += cost.draftTokenMs;
    if (yieldTokens > best.tokensPerMs * stepMs) best = { counts: [...counts], tokensPerMs: yieldTokens / stepMs };
    chances[likeliest] = counts[likeliest] === MOST_DRAFT_TOKENS ? 0 : chance * (runs[likeliest]?.confidence ?? 0);
  }
  return best.counts;
}
