/** A run whose next tokens can be drafted. */
export interface Drafter {
  /** The probability, 0 to 1, that a draft token is accepted if those before it are. */
  readonly confidence: number;
  /** Drafts up to `most` tokens, and fewer if the run has no use or no room for more. */
  draft(most: number): readonly number[];
}

/** The tokens in a row that must have come before for their continuation to be drafted. */
const MATCH_TOKENS = 3;
/** The share of the confidence's weight that is left one token later. About the last eight drafted tokens count. */
const MEMORY = 0.88;
/** The confidence before any token was drafted, as a number of drafted tokens and of accepted ones. */
const INITIAL_DRAFTED = 2;
const INITIAL_ACCEPTED = 1;

/**
 * Drafts a run's next tokens from the continuation of the same tokens in its input or output: answers that quote or edit their input continue as it
 * does. Every token shows whether a draft would have been accepted, speculated or not, at next to no cost.
 */
export class PromptLookup {
  readonly #tokens: number[] = [];
  /** The position after the latest occurrence of each row of MATCH_TOKENS, by a hash of the row. */
  readonly #positions = new Map<number, number>();
  /** The position of the token that is drafted next. */
  #position: number | undefined;
  /** The weights of all drafted tokens and of the accepted ones. */
  #drafted = INITIAL_DRAFTED;
  #accepted = INITIAL_ACCEPTED;

  /** @param tokens the input */
  constructor(tokens: Iterable<number>) {
    for (const tokenId of tokens) this.#enter(tokenId);
    this.#position = this.#find();
  }

  /** The share of drafted tokens that were accepted lately, 0 to 1; 0 if none is drafted now. */
  get confidence(): number {
    return this.#position === undefined ? 0 : this.#accepted / this.#drafted;
  }

  /** Takes the next token of the run. */
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

  /** Drafts `count` tokens, or none if the last tokens never came before. Text that repeats itself is drafted to go on repeating. */
  draft(count: number): readonly number[] {
    const position = this.#position;
    if (position === undefined) return [];
    const period = this.#tokens.length - position;
    return Array.from({ length: count }, (_, index) => this.#tokens[position + (index % period)] ?? 0);
  }

  /** Adds a token, as the continuation of the row before it. */
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

  /** Hashes the row that ends before `end`. */
  #hash(end: number): number {
    let hash = 0;
    for (let index = end - MATCH_TOKENS; index < end; index++) {
      hash = Math.imul(hash, 0x01_00_01_93) ^ (this.#tokens[index] ?? 0);
    }
    return hash;
  }
}
