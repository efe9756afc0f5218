/** A measured step, as the fit needs it. */
export interface PrefillMeasurement {
  readonly stepMs: number;
  /** The runs that were past their prompt. */
  readonly decodingRuns: number;
  /** The prompt tokens of the step; 0 if it only decoded. */
  readonly prefillTokens: number;
  /** The sum of the prompt tokens' positions. */
  readonly prefillPositions: number;
}

/** The cost of a token before any was measured, which is so high that the first chunk is one unit whatever the model. */
const INITIAL_TOKEN_MS = 4;
/** The share of a position in a token's cost while only short prompts have been measured: that of a model of 135 million parameters. */
const RATIO = 0.0013;
/** The weight of that share: that of one chunk of 64 tokens at position 100. */
const RATIO_WEIGHT = (64 * 100) ** 2;
/** The share of a measurement's weight that is left one step later. About the last five prefill steps count. */
const MEMORY = 0.8;
/** The factor over the estimate beyond which a step is not believed: another process held it up. */
const MOST_SURPRISE = 3;
/** The least cost of a token. A lower one makes no difference to any chunk, and an estimate of 0 could never be corrected. */
const LEAST_TOKEN_MS = 0.05;

/**
 * Learns the cost of prefill beside the decoding of the same step. A token at position p costs a + b·p ms, since attention reads all tokens before
 * it; a and b are the least-squares fit of recent steps.
 */
export class PrefillCost {
  #tokenMs = INITIAL_TOKEN_MS;
  #positionMs = INITIAL_TOKEN_MS * RATIO;
  /** The mean of recent steps that only decoded; 0 before the first. */
  #decodeStepMs = 0;
  readonly #measured = new Moments();

  /** Estimates the ms of `tokens` from `position` on. */
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

  /** Fits the measurements by least squares, together with the weighted assumption b = RATIO · a. */
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
