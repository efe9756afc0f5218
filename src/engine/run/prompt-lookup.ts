/** A run whose next tokens can be drafted. */
export interface Drafter {
  /** The probability that a draft token is accepted if those before it are: 0 to 1. */
  readonly confidence: number;
  /** Up to `most` draft tokens that may come next; fewer where the run has no use or no room for more. */
  draft(most: number): readonly number[];
}

/** So many tokens in a row must have come before for what followed them to be foretold. */
const MATCH_TOKENS = 3;
/** Of the confidence's weight, what is left one token later: about the last eight foretold tokens count. */
const MEMORY = 0.88;
/** What is supposed at first: of so many foretold tokens, so many were right. */
const INITIAL_DRAFTED = 2;
const INITIAL_ACCEPTED = 1;

/**
 * Foretells a run's next tokens from what followed the same tokens before, in its input or its output: answers that quote or edit what they were given
 * go on as it does. Whether it would have been right is seen with every token, tried or not, and costs next to nothing.
 */
export class PromptLookup {
  readonly #tokens: number[] = [];
  /** Where what followed each row of MATCH_TOKENS begins; the latest position, by a hash of the row. */
  readonly #positions = new Map<number, number>();
  /** Where the next token is foretold from. */
  #position: number | undefined;
  /** Foretold tokens, and those that were right, each by its weight. */
  #drafted = INITIAL_DRAFTED;
  #accepted = INITIAL_ACCEPTED;

  /** @param tokens the input */
  constructor(tokens: Iterable<number>) {
    for (const tokenId of tokens) this.#enter(tokenId);
    this.#position = this.#find();
  }

  /** How often a token that was foretold came, lately: 0 to 1. 0 where none is foretold now. */
  get confidence(): number {
    return this.#position === undefined ? 0 : this.#accepted / this.#drafted;
  }

  /** The next token of the run. */
  push(tokenId: number): void {
    const position = this.#position;
    const isAccepted = position !== undefined && this.#tokens[position] === tokenId;
    if (position !== undefined) {
      this.#drafted = MEMORY * this.#drafted + 1;
      this.#accepted = MEMORY * this.#accepted + Number(isAccepted);
    }
    this.#enter(tokenId);
    this.#position = isAccepted ? position + 1 : this.#find();
  }

  /** So many tokens that may well come next; none where the last ones never came before. What repeats itself is foretold to go on so. */
  draft(count: number): readonly number[] {
    const position = this.#position;
    if (position === undefined) return [];
    const period = this.#tokens.length - position;
    return Array.from({ length: count }, (_, index) => this.#tokens[position + (index % period)] ?? 0);
  }

  /** The row before the token is followed by it. */
  #enter(tokenId: number): void {
    const end = this.#tokens.length;
    if (end >= MATCH_TOKENS) this.#positions.set(this.#hash(end), end);
    this.#tokens.push(tokenId);
  }

  #find(): number | undefined {
    const end = this.#tokens.length;
    if (end < MATCH_TOKENS) return undefined;
    const position = this.#positions.get(this.#hash(end));
    if (position === undefined) return undefined;
    for (let back = 1; back <= MATCH_TOKENS; back++) {
      if (this.#tokens[position - back] !== this.#tokens[end - back]) return undefined;
    }
    return position;
  }

  /** Of the row that ends before `end`. */
  #hash(end: number): number {
    let hash = 0;
    for (let index = end - MATCH_TOKENS; index < end; index++) {
      hash = Math.imul(hash, 0x01_00_01_93) ^ (this.#tokens[index] ?? 0);
    }
    return hash;
  }
}
