import { Regression, RecentMedian } from "./robust-statistics.js";

const KEPT_STEPS = 15;
/** So many steps with drafts, and their cost is known. */
const TRIALS = 3;
/** After so many steps without any, the cost is to be seen anew: it may have been learnt in bad times. */
const FORGOTTEN_AFTER_STEPS = 256;

/** A step that read no prompt in. */
export interface DecodeStep {
  readonly stepMs: number;
  readonly decodingRuns: number;
  /** Tried ahead, of all runs. */
  readonly draftTokens: number;
}

/** Of steps that decode so many runs. */
class WidthCost {
  readonly decodeMs = new RecentMedian(KEPT_STEPS);
  /** What draft tokens add, as a share of that, over how many there are. */
  readonly shares = new Regression(KEPT_STEPS);
  stepsSinceDraft = 0;
}

/** What a step costs without drafts and with them, as far as is known. */
export interface StepCost {
  readonly decodeMs: number;
  /** What drafts add however long they are: one token alone is multiplied otherwise than several. */
  readonly draftMs: number;
  readonly draftTokenMs: number;
  /** Whether that was measured; else it is what would be plausible. */
  readonly isKnown: boolean;
}

/** Learns what a decode step takes for so many runs, and how much longer drafts make it. */
export class DraftCost {
  readonly #widths: (WidthCost | undefined)[] = [];

  /** undefined: no step of that width was measured yet. */
  at(decodingRuns: number): StepCost | undefined {
    const width = this.#widths[decodingRuns];
    const decodeMs = width?.decodeMs.value;
    if (width === undefined || decodeMs === undefined) return undefined;
    const isKnown = width.shares.count >= TRIALS;
    // Two tokens' worth is what a step costs whatever its width.
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
