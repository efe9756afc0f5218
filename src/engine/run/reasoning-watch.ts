import type { ReasoningSyntax } from "../../core/output-format.js";

/** Counts a run's tokens of reasoning, and says when it is to be ended: when the budget is used up, or when that was asked for. Ends it once at most. */
export class ReasoningWatch {
  readonly #syntax: ReasoningSyntax;
  readonly #budgetTokens: number;
  #tokens = 0;
  #isReasoning: boolean;
  #isAsked = false;
  #isEnded = false;

  /** @param budgetTokens default: as many as there are */
  constructor(syntax: ReasoningSyntax, budgetTokens = Infinity) {
    this.#syntax = syntax;
    this.#budgetTokens = budgetTokens;
    this.#isReasoning = syntax.isOpen;
  }

  /** Marks included. */
  get tokens(): number {
    return this.#tokens;
  }

  get isReasoning(): boolean {
    return this.#isReasoning;
  }

  /** Whether the tokens that end it are to be put now. */
  get isDue(): boolean {
    if (!this.#isReasoning || this.#isEnded || this.#syntax.endTokens.length === 0) return false;
    return this.#isAsked || this.#tokens >= this.#budgetTokens;
  }

  /** How many tokens may be drawn before it could be due. */
  get leftTokens(): number {
    if (this.#isEnded) return Infinity;
    return this.#isAsked ? 1 : Math.max(1, this.#budgetTokens - this.#tokens);
  }

  /**
   * The output has one more token.
   * @param isReasoning whether it ends inside reasoning now
   * @param countMark how many tokens before it belong to a mark of so many UTF-16 units that ends with it
   */
  push(isReasoning: boolean, countMark: (units: number) => number): void {
    if (isReasoning && !this.#isReasoning) this.#tokens += countMark(this.#syntax.begin.length - 1);
    if (isReasoning || this.#isReasoning) this.#tokens++;
    this.#isReasoning = isReasoning;
    if (!isReasoning) this.#isAsked = false;
  }

  /** It is to be ended after the next token; nothing where there is none now. */
  ask(): void {
    this.#isAsked = this.#isReasoning;
  }

  /** The tokens that end it, for whoever puts them now. */
  end(): readonly number[] {
    this.#isEnded = true;
    return this.#syntax.endTokens;
  }
}
