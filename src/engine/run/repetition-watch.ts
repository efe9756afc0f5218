import type { RepetitionGuard } from "../../core/generation-request.js";

/** Sees when an output goes round in circles. It costs one comparison for each period and token, and keeps one period of tokens. */
export class RepetitionWatch {
  readonly #maxPeriod: number;
  /** The latest tokens: that of position i stands at i modulo the longest period. */
  readonly #latest: Uint32Array;
  /** For each period p, at p - 1: the latest tokens, without a gap, that equal the token p before them. */
  readonly #runs: Uint32Array;
  /** For each period: the number of such tokens that makes a repetition. The first cycle, with which the others are compared, is left out. At least 1. */
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

  /** Takes the next output token. @returns whether the output is a repetition now */
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
