import type { RepetitionGuard } from "../../core/generation-request.js";
import type { ReasoningSyntax } from "../../core/output-format.js";

/**
 * Counts a run's tokens of reasoning, and says when the reasoning has to end: when its budget is used up, or when that was asked for. It ends the
 * reasoning at most once.
 */
export class ReasoningWatch {
  readonly #syntax: ReasoningSyntax;
  readonly #budgetTokens: number;
  #tokens = 0;
  #isReasoning: boolean;
  #isAsked = false;
  #isEnded = false;

  /** @param budgetTokens default: no limit */
  constructor(syntax: ReasoningSyntax, budgetTokens = Infinity) {
    this.#syntax = syntax;
    this.#budgetTokens = budgetTokens;
    this.#isReasoning = syntax.isOpen;
  }

  /** The tokens of reasoning, its marks included. */
  get tokens(): number {
    return this.#tokens;
  }

  get isReasoning(): boolean {
    return this.#isReasoning;
  }

  /** Whether the tokens that end the reasoning are due now. */
  get isDue(): boolean {
    if (!this.#isReasoning || this.#isEnded || this.#syntax.endTokens.length === 0) return false;
    return this.#isAsked || this.#tokens >= this.#budgetTokens;
  }

  /** The tokens that may be sampled before the end could be due. */
  get leftTokens(): number {
    if (this.#isEnded) return Infinity;
    return this.#isAsked ? 1 : Math.max(1, this.#budgetTokens - this.#tokens);
  }

  /**
   * Takes one more token of the output.
   * @param isReasoning whether the output ends inside reasoning now
   * @param countMark counts the tokens before it that belong to a mark of `units` UTF-16 units which ends with it
   */
  push(isReasoning: boolean, countMark: (units: number) => number): void {
    if (isReasoning && !this.#isReasoning) this.#tokens += countMark(this.#syntax.begin.length - 1);
    if (isReasoning || this.#isReasoning) this.#tokens++;
    this.#isReasoning = isReasoning;
    if (!isReasoning) this.#isAsked = false;
  }

  /** Asks for the end after the next token. Does nothing outside reasoning. */
  ask(): void {
    this.#isAsked = this.#isReasoning;
  }

  /** @returns the tokens that end the reasoning, which the caller puts into the output now */
  end(): readonly number[] {
    this.#isEnded = true;
    return this.#syntax.endTokens;
  }
}

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
