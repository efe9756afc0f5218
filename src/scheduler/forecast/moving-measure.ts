/** Weights of a new sample, as in RFC 6298 (round-trip times of TCP). */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;

/** A quantity that is measured again and again: a moving mean and a moving mean deviation, in the samples' unit. */
export class MovingMeasure {
  #mean = 0;
  #deviation = 0;
  #measured = false;

  /** @param weight above 0, at most 1: how much of a whole sample it is. */
  observe(sample: number, weight = 1): void {
    if (!this.#measured) {
      this.#measured = true;
      this.#mean = sample;
      this.#deviation = sample / 2;
      return;
    }
    this.#deviation += weight * DEVIATION_GAIN * (Math.abs(sample - this.#mean) - this.#deviation);
    this.#mean += weight * MEAN_GAIN * (sample - this.#mean);
  }

  /** False until the first sample: mean and deviation are 0 then and mean nothing. */
  get measured(): boolean {
    return this.#measured;
  }

  get mean(): number {
    return this.#mean;
  }

  /** After the first sample: half of it. */
  get deviation(): number {
    return this.#deviation;
  }
}
