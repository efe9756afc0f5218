/** The weights of a new sample, as in RFC 6298 (round-trip times of TCP). */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;

/** The moving mean and the moving mean deviation of a quantity that is measured repeatedly, in the samples' unit. */
export class MovingMeasure {
  #mean = 0;
  #deviation = 0;
  #measured = false;

  /** @param weight above 0 and at most 1: the part of a whole sample that this one is. */
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

  /** False until the first sample. Mean and deviation are 0 before it, and mean nothing. */
  get measured(): boolean {
    return this.#measured;
  }

  get mean(): number {
    return this.#mean;
  }

  /** Half of the sample after the first one. */
  get deviation(): number {
    return this.#deviation;
  }
}
