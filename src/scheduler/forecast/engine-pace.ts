/** One step of the engine: its work and its time. */
export interface MeasuredStep {
  readonly stepMs: number;
  /** The runs that were pulled for a token. */
  readonly decodingRuns: number;
  /** The input tokens that were prefilled, without reused ones. */
  readonly prefillTokens: number;
}

/** The size of a chunk that is a whole sample of the prefill's speed. A smaller chunk is part of a sample. */
const WHOLE_CHUNK_TOKENS = 64;
/** The multiple of its expected time up to which a step is believed. Beyond that, another process held it up. */
const MOST_SURPRISE = 3;
/** The lower estimate is at least this share of the mean, however much the pace varies. */
const LEAST_LOW_FACTOR = 0.5;

/**
 * Learns the engine's pace from its steps: how long a decode step takes at each batch width, and how much each prefilled token adds to a step. It lives
 * on the main thread and reads only the engine's notices.
 */
export class EnginePace {
  /** Indexed by batch width. */
  readonly #decodeStep: MovingMeasure[] = [];
  readonly #prefillToken = new MovingMeasure();
  readonly #prefillStep = new MovingMeasure();
  /** A step's time as a multiple of the expected time. */
  readonly #surprise = new MovingMeasure();

  observe(step: MeasuredStep): void {
    const { decodingRuns, prefillTokens } = step;
    if (decodingRuns === 0 && prefillTokens === 0) return;
    const expectedMs = this.#expectedMs(step);
    const stepMs = expectedMs > 0 ? Math.min(step.stepMs, MOST_SURPRISE * expectedMs) : step.stepMs;
    if (expectedMs > 0) this.#surprise.observe(stepMs / expectedMs);
    if (prefillTokens === 0) {
      (this.#decodeStep[decodingRuns] ??= new MovingMeasure()).observe(stepMs);
      return;
    }
    const prefillMs = Math.max(0, stepMs - this.decodeStepMs(decodingRuns));
    this.#prefillToken.observe(prefillMs / prefillTokens, Math.min(1, prefillTokens / WHOLE_CHUNK_TOKENS));
    this.#prefillStep.observe(prefillMs);
  }

  /** False until a step has decoded. Nothing can be forecast before. */
  get measured(): boolean {
    return this.#decodeStep.length > 0;
  }

  /** The mean time of a step that pulls `width` runs and prefills nothing. For a width that was never measured, the nearest measured one counts. */
  decodeStepMs(width: number): number {
    if (width === 0) return 0;
    for (let distance = 0; distance < this.#decodeStep.length + width; distance++) {
      const measure = this.#decodeStep[width - distance] ?? this.#decodeStep[width + distance];
      if (measure !== undefined) return measure.mean;
    }
    return 0;
  }

  /** The mean time that prefilling one token takes; 0 until a token was prefilled. */
  get prefillTokenMs(): number {
    return this.#prefillToken.mean;
  }

  /** The mean time by which prefilling lengthens a step; 0 until a token was prefilled. */
  get prefillStepMs(): number {
    return this.#prefillStep.mean;
  }

  /** The factors by which times at this pace are probably shorter (at most 1) or longer (at least 1) than by its means. */
  get spread(): { readonly low: number; readonly high: number } {
    const { deviation } = this.#surprise;
    return { low: Math.max(LEAST_LOW_FACTOR, 1 - deviation), high: 1 + 2 * deviation };
  }

  /** Returns 0 if any part of the step's work was never measured. */
  #expectedMs({ decodingRuns, prefillTokens }: MeasuredStep): number {
    if (decodingRuns > 0 && !this.measured) return 0;
    if (prefillTokens > 0 && !this.#prefillToken.measured) return 0;
    return this.decodeStepMs(decodingRuns) + prefillTokens * this.prefillTokenMs;
  }
}

/** The weights of a new sample, as in RFC 6298 (round-trip times of TCP). */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;

/** The moving mean and the moving mean deviation of a quantity that is measured repeatedly, in the samples' unit. */
export class MovingMeasure {
  #mean = 0;
  #deviation = 0;
  #weight = 0;

  /** @param weight above 0 and at most 1: the part of a whole sample that this one is. */
  observe(sample: number, weight = 1): void {
    const isFirst = !this.measured;
    this.#weight += weight;
    if (isFirst) {
      this.#mean = sample;
      this.#deviation = sample / 2;
      return;
    }
    // The first samples count equally, by their weights, so that one that was taken in a bad moment is soon outweighed.
    const share = weight / this.#weight;
    this.#deviation += Math.max(share, weight * DEVIATION_GAIN) * (Math.abs(sample - this.#mean) - this.#deviation);
    this.#mean += Math.max(share, weight * MEAN_GAIN) * (sample - this.#mean);
  }

  /** False until the first sample. Mean and deviation are 0 before it, and mean nothing. */
  get measured(): boolean {
    return this.#weight > 0;
  }

  get mean(): number {
    return this.#mean;
  }

  /** Half of the sample after the first one. */
  get deviation(): number {
    return this.#deviation;
  }
}
