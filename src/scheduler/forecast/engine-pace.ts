import { MovingMeasure } from "./moving-measure.js";

/** What one step of the engine did. */
export interface MeasuredStep {
  readonly stepMs: number;
  /** Runs that were pulled for a token. */
  readonly decodingRuns: number;
  /** Input tokens that were read in, reused ones left out. */
  readonly prefillTokens: number;
}

/** A chunk of so many tokens is a whole sample of the prefill's speed; a smaller one, part of a sample. */
const WHOLE_CHUNK_TOKENS = 64;
/** A step that another process held up is believed no more than this many times what was expected. */
const MOST_SURPRISE = 3;
/** However much the pace varies, the lower estimate is no less than this share of the mean. */
const LEAST_LOW_FACTOR = 0.5;

/**
 * How fast the engine is, learnt from its steps: what a decode step takes at each batch width, and what reading a token in adds to a step. Lives on the
 * main thread and sees what crosses the wall, so it needs nothing of the engine's own planning.
 */
export class EnginePace {
  /** By batch width. */
  readonly #decodeStep: MovingMeasure[] = [];
  readonly #prefillToken = new MovingMeasure();
  readonly #prefillStep = new MovingMeasure();
  /** A step's time, as a multiple of what was expected. */
  readonly #surprise = new MovingMeasure();

  observe(work: MeasuredStep): void {
    const { decodingRuns, prefillTokens } = work;
    if (decodingRuns === 0 && prefillTokens === 0) return;
    const expectedMs = this.#expectedMs(work);
    const stepMs = expectedMs > 0 ? Math.min(work.stepMs, MOST_SURPRISE * expectedMs) : work.stepMs;
    if (expectedMs > 0) this.#surprise.observe(stepMs / expectedMs);
    if (prefillTokens === 0) {
      (this.#decodeStep[decodingRuns] ??= new MovingMeasure()).observe(stepMs);
      return;
    }
    const prefillMs = Math.max(0, stepMs - this.decodeStepMs(decodingRuns));
    this.#prefillToken.observe(prefillMs / prefillTokens, Math.min(1, prefillTokens / WHOLE_CHUNK_TOKENS));
    this.#prefillStep.observe(prefillMs);
  }

  /** False until a step has decoded: nothing can be foretold then. */
  get measured(): boolean {
    return this.#decodeStep.length > 0;
  }

  /** Mean time of a step that pulls `width` runs and reads nothing in. Of a width that was not met: that of the nearest one that was. */
  decodeStepMs(width: number): number {
    if (width === 0) return 0;
    for (let distance = 0; distance < this.#decodeStep.length + width; distance++) {
      const measure = this.#decodeStep[width - distance] ?? this.#decodeStep[width + distance];
      if (measure !== undefined) return measure.mean;
    }
    return 0;
  }

  /** Mean time that a token of the input takes; 0 while no input was read in. */
  get prefillTokenMs(): number {
    return this.#prefillToken.mean;
  }

  /** Mean time by which reading in lengthens a step; 0 while no input was read in. */
  get prefillStepMs(): number {
    return this.#prefillStep.mean;
  }

  /** Times at this pace may well be so many times shorter (at most 1) or longer (at least 1) than by its means. */
  get spread(): { readonly low: number; readonly high: number } {
    const { deviation } = this.#surprise;
    return { low: Math.max(LEAST_LOW_FACTOR, 1 - deviation), high: 1 + 2 * deviation };
  }

  /** 0 where something that the step did was never measured. */
  #expectedMs({ decodingRuns, prefillTokens }: MeasuredStep): number {
    if (decodingRuns > 0 && !this.measured) return 0;
    if (prefillTokens > 0 && !this.#prefillToken.measured) return 0;
    return this.decodeStepMs(decodingRuns) + prefillTokens * this.prefillTokenMs;
  }
}
