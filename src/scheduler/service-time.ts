/** Weights of a new sample, as in RFC 6298 (round-trip times of TCP). */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;

/** How long a slot is held, learnt from those that were: a moving mean and a moving mean deviation, in ms. */
export class ServiceTime {
  #meanMs = 0;
  #deviationMs = 0;
  #measured = false;

  observe(heldMs: number): void {
    if (!this.#measured) {
      this.#measured = true;
      this.#meanMs = heldMs;
      this.#deviationMs = heldMs / 2;
      return;
    }
    this.#deviationMs += DEVIATION_GAIN * (Math.abs(heldMs - this.#meanMs) - this.#deviationMs);
    this.#meanMs += MEAN_GAIN * (heldMs - this.#meanMs);
  }

  /** False until the first sample: the bounds are 0 then and mean nothing. */
  get measured(): boolean {
    return this.#measured;
  }

  /** A slot is likely held for at least so long. */
  get lowMs(): number {
    return Math.max(0, this.#meanMs - this.#deviationMs);
  }

  get deviationMs(): number {
    return this.#deviationMs;
  }

  /** A slot is likely held for at most so long. */
  get highMs(): number {
    return this.#meanMs + 2 * this.#deviationMs;
  }
}
