import type { DecodeStep } from "./decode-step.js";
import { RecentMedian } from "./recent-median.js";

const KEPT_STEPS = 15;
/** So many steps with drafts, and their cost is known. */
const TRIALS = 3;
/** After so many steps without any, the cost is to be seen anew: it may have been learnt in bad times. */
const FORGOTTEN_AFTER_STEPS = 256;

/** Of steps that decode so many runs. */
class WidthCost {
  readonly decodeMs = new RecentMedian(KEPT_STEPS);
  /** What a draft token adds, as a share of that. */
  readonly share = new RecentMedian(KEPT_STEPS);
  stepsSinceDraft = 0;
}

/** What one more token costs in a step, as far as is known. */
export interface TokenCost {
  readonly decodeMs: number;
  readonly draftTokenMs: number;
  /** Whether that was measured; else it is what would be plausible. */
  readonly isKnown: boolean;
}

/** Learns what a decode step takes for so many runs, and how much longer a draft token makes it. */
export class DraftCost {
  readonly #widths: (WidthCost | undefined)[] = [];

  /** undefined: no step of that width was measured yet. */
  at(decodingRuns: number): TokenCost | undefined {
    const width = this.#widths[decodingRuns];
    const decodeMs = width?.decodeMs.value;
    if (width === undefined || decodeMs === undefined) return undefined;
    const isKnown = width.share.count >= TRIALS;
    // Two tokens' worth is what a step costs whatever its width.
    const share = isKnown ? (width.share.value ?? 0) : 1 / (decodingRuns + 2);
    return { decodeMs, draftTokenMs: decodeMs * share, isKnown };
  }

  observe({ stepMs, decodingRuns, draftTokens }: DecodeStep): void {
    const width = (this.#widths[decodingRuns] ??= new WidthCost());
    const decodeMs = width.decodeMs.value;
    if (draftTokens === 0 || decodeMs === undefined) {
      width.decodeMs.push(stepMs);
      if (++width.stepsSinceDraft === FORGOTTEN_AFTER_STEPS) width.share.clear();
      return;
    }
    width.stepsSinceDraft = 0;
    width.share.push((stepMs / decodeMs - 1) / draftTokens);
  }
}
