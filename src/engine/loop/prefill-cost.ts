/** What a step did, for the fit. */
export interface PrefillMeasurement {
  readonly stepMs: number;
  /** Runs that were past their prompt. */
  readonly decodingRuns: number;
  /** Prompt tokens read in it; 0 for a step that only decoded. */
  readonly prefillTokens: number;
  /** The sum of those tokens' positions. */
  readonly prefillPositions: number;
}

/** Before anything was measured: so much that the first chunk is no more than one unit, whatever the model. */
const INITIAL_TOKEN_MS = 4;
/** Share of a position in a token's cost while only short prompts have been measured: that of a model of 135 million parameters. */
const RATIO = 0.0013;
/** How much that share counts: as much as one chunk of 64 tokens at position 100. */
const RATIO_WEIGHT = (64 * 100) ** 2;
/** How much of a measurement's weight is left one step later: about the last five prefill steps count. */
const MEMORY = 0.8;
/** A step that another process held up is believed no more than this many times the estimate. */
const MOST_SURPRISE = 3;
/** Less makes no difference to any chunk, and an estimate of nothing would never be believed wrong. */
const LEAST_TOKEN_MS = 0.05;

/**
 * Learns what reading a token in costs beside the decoding of the same step: a token at position p takes a + b·p ms, since attention reads all
 * before it. a and b are the least-squares fit of recent steps.
 */
export class PrefillCost {
  #tokenMs = INITIAL_TOKEN_MS;
  #positionMs = INITIAL_TOKEN_MS * RATIO;
  /** Mean of recent steps that only decoded; 0 before the first. */
  #decodeStepMs = 0;
  readonly #measured = new Moments();

  /** Estimated ms for `tokens` from `position` on. */
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

  /** Least squares over what was measured and, with its weight, b = RATIO · a. */
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
