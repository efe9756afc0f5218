import type { Drafter } from "../run/prompt-lookup.js";

/** Decides which draft tokens each step verifies. */
export interface DraftPolicy {
  /** @param roomTokens the most tokens that the step can evaluate beside one for each run @returns the draft for each run, in their order */
  plan(runs: readonly Drafter[], roomTokens: number): readonly (readonly number[])[];
  /** Learns from a step without prefill. */
  observe(step: DecodeStep): void;
}

/** A step without prefill. */
interface DecodeStep {
  readonly stepMs: number;
  readonly decodingRuns: number;
  /** The draft tokens of all runs. */
  readonly draftTokens: number;
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

const KEPT_STEPS = 15;
/** The steps with drafts after which their cost is known. */
const TRIALS = 3;
/** The steps without drafts after which their cost is forgotten: it may have been measured in a bad moment. */
const FORGOTTEN_AFTER_STEPS = 256;

/** The cost of a step without drafts and with them, as far as is known. */
interface StepCost {
  readonly decodeMs: number;
  /** The fixed cost of drafts of any length: llama.cpp multiplies one token alone in another way than several. */
  readonly draftMs: number;
  readonly draftTokenMs: number;
  /** Whether the cost of drafts was measured. If not, a plausible one stands in for it. */
  readonly isKnown: boolean;
}

/** Learns the time of a decode step for each number of runs, and how much longer drafts make it. */
class DraftCost {
  readonly #widths: (WidthCost | undefined)[] = [];

  /** @returns undefined if no step with this number of runs was measured yet */
  at(decodingRuns: number): StepCost | undefined {
    const width = this.#widths[decodingRuns];
    const decodeMs = width?.decodeMs.value;
    if (width === undefined || decodeMs === undefined) return undefined;
    const isKnown = width.shares.count >= TRIALS;
    // A step costs about two tokens beside those of its runs.
    const supposed = { intercept: 0, slope: 1 / (decodingRuns + 2) };
    const { intercept, slope } = (isKnown ? width.shares.value : undefined) ?? supposed;
    return { decodeMs, draftMs: decodeMs * intercept, draftTokenMs: decodeMs * slope, isKnown };
  }

  observe({ stepMs, decodingRuns, draftTokens }: DecodeStep): void {
    const width = (this.#widths[decodingRuns] ??= new WidthCost());
    const decodeMs = width.decodeMs.value;
    if (draftTokens === 0 || decodeMs === undefined) {
      width.decodeMs.push(stepMs);
      if (++width.stepsSinceDraft === FORGOTTEN_AFTER_STEPS) width.shares.clear();
      return;
    }
    width.stepsSinceDraft = 0;
    width.shares.push({ x: draftTokens, y: stepMs / decodeMs - 1 });
  }
}

/** The cost of steps with one number of decoding runs. */
class WidthCost {
  readonly decodeMs = new RecentMedian(KEPT_STEPS);
  /** The added time of drafts as a share of `decodeMs`, over the number of draft tokens. */
  readonly shares = new Regression(KEPT_STEPS);
  stepsSinceDraft = 0;
}

/** The median of the latest values. On a busy machine a step now and then takes several times as long as usual, which moves a mean and not a median. */
class RecentMedian {
  readonly #capacity: number;
  readonly #values: number[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** undefined while there is no value. */
  get value(): number | undefined {
    return median(this.#values);
  }

  push(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#capacity) this.#values.shift();
  }
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** y = intercept + slope · x */
interface Line {
  readonly intercept: number;
  readonly slope: number;
}

/** The fewest pairs of points with different x that tell a slope. With fewer the line goes through the origin. */
const FEWEST_PAIRS = 4;

/**
 * The line through the latest points by Theil and Sen's estimator: the slope is the median over all pairs, the intercept the median of the residuals,
 * and neither is negative. Single outliers do not turn it, as they would turn a least-squares fit.
 */
export class Regression {
  readonly #capacity: number;
  readonly #points: Point[] = [];
  #line: Line | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get count(): number {
    return this.#points.length;
  }

  /** undefined while there is no point. */
  get value(): Line | undefined {
    if (this.#points.length === 0) return undefined;
    return (this.#line ??= fit(this.#points));
  }

  /** @param point its x is above 0 */
  push(point: Point): void {
    this.#points.push(point);
    if (this.#points.length > this.#capacity) this.#points.shift();
    this.#line = undefined;
  }

  clear(): void {
    this.#points.length = 0;
    this.#line = undefined;
  }
}

function fit(points: readonly Point[]): Line {
  const slopes = points.flatMap((one, index) =>
    points.slice(index + 1).flatMap((other) => (one.x === other.x ? [] : [(other.y - one.y) / (other.x - one.x)])),
  );
  if (slopes.length < FEWEST_PAIRS) return { intercept: 0, slope: medianAboveZero(points.map(({ x, y }) => y / x)) };
  const slope = medianAboveZero(slopes);
  return { intercept: medianAboveZero(points.map(({ x, y }) => y - slope * x)), slope };
}

function medianAboveZero(values: readonly number[]): number {
  return Math.max(0, median(values) ?? 0);
}

/** The middle value, the upper of two; undefined without values. */
function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
