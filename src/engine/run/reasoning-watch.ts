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
