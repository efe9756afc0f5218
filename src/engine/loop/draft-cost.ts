import { Regression, RecentMedian } from "./robust-statistics.js";

const KEPT_STEPS = 15;
/** The steps with drafts after which their cost is known. */
const TRIALS = 3;
/** The steps without drafts after which their cost is forgotten: it may have been measured in a bad moment. */
const FORGOTTEN_AFTER_STEPS = 256;

/** A step without prefill. */
export interface DecodeStep {
  readonly stepMs: number;
  readonly decodingRuns: number;
  /** The draft tokens of all runs. */
  readonly draftTokens: number;
}

/** The cost of steps with one number of decoding runs. */
class WidthCost {
  readonly decodeMs = new RecentMedian(KEPT_STEPS);
  /** The added time of drafts as a share of `decodeMs`, over the number of draft tokens. */
  readonly shares = new Regression(KEPT_STEPS);
  stepsSinceDraft = 0;
}

/** The cost of a step without drafts and with them, as far as is known. */
export interface StepCost {
  readonly decodeMs: number;
  /** The fixed cost of drafts of any length: llama.cpp multiplies one token alone in another way than several. */
  readonly draftMs: number;
  readonly draftTokenMs: number;
  /** Whether the cost of drafts was measured. If not, a plausible one stands in for it. */
  readonly isKnown: boolean;
}

/** Learns the time of a decode step for each number of runs, and how much longer drafts make it. */
export class DraftCost {
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
