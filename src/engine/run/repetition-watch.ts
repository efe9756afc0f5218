import type { RepetitionGuard } from "../../core/generation-request.js";

/** Sees when an output goes round in circles. Costs one comparison for each period and token, and keeps one period of tokens. */
export class RepetitionWatch {
  readonly #maxPeriod: number;
  /** The latest tokens: that of position i at i modulo the longest period. */
  readonly #latest: Uint32Array;
  /** For each period p, at p - 1: how many tokens up to now, without a gap, equal the one p before them. */
  readonly #runs: Uint32Array;
  /** For each period: how many such tokens are a repetition, the first cycle left out: it is what they are compared with. At least one. */
  readonly #needed: Uint32Array;
  #length = 0;

  constructor({ maxPeriodTokens, minRepeats, minTokens }: RepetitionGuard) {
    this.#maxPeriod = maxPeriodTokens;
    this.#latest = new Uint32Array(maxPeriodTokens);
    this.#runs = new Uint32Array(maxPeriodTokens);
    this.#needed = this.#runs.map((_, index) => {
      const period = index + 1;
      return Math.max(minRepeats * period, minTokens) - period;
    });
  }

  /** Takes the next output token in. @returns whether the output is a repetition now */
  push(tokenId: number): boolean {
    let repeats = false;
    const periods = Math.min(this.#maxPeriod, this.#length);
    for (let period = 1; period <= periods; period++) {
      const earlier = this.#latest[(this.#length - period) % this.#maxPeriod];
      const run = earlier === tokenId ? (this.#runs[period - 1] ?? 0) + 1 : 0;
      this.#runs[period - 1] = run;
      if (run >= (this.#needed[period - 1] ?? 0)) repeats = true;
    }
    this.#latest[this.#length % this.#maxPeriod] = tokenId;
    this.#length++;
    return repeats;
  }
}
