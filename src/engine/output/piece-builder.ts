import type { RunOutput } from "../../core/engine-messages.js";
import type { Piece, TokenScore } from "../../core/piece.js";
import { Detokenizer } from "./detokenizer.js";
import { ownBytes } from "./own-bytes.js";
import { StopFilter } from "./stop-filter.js";

/** Tokens without text wait for some, but never more than so many. */
export const MAX_WITHHELD_TOKENS = 16;

/** What was left at the end of the output. */
export interface LastPieces {
  readonly pieces: readonly Piece[];
  /** The output ended inside a code point. */
  readonly incompleteText: boolean;
}

/** A token that is in no piece yet. */
export interface HeldToken {
  readonly tokenId: number;
  /** Where its text begins, counted from the start of the output. */
  readonly textStart: number;
  readonly bytes: Uint8Array;
  readonly score: TokenScore | undefined;
}

/**
 * Makes pieces of one run's tokens. A token whose text is held back, because it is part of a code point or may become part of a stop sequence,
 * is held back with it. Every token pushed is in exactly one piece.
 */
export class PieceBuilder {
  readonly #detokenizer = new Detokenizer();
  readonly #filter: StopFilter;
  readonly #output: RunOutput;
  readonly #held: HeldToken[] = [];
  /** Text that can no longer change and is in no piece yet. */
  #certain = "";
  #certainLength = 0;
  #decodedLength = 0;
  #match: string | undefined;

  constructor(stopSequences: readonly string[], output: RunOutput) {
    this.#filter = new StopFilter(stopSequences);
    this.#output = output;
  }

  /** The stop sequence met: the output is over, `end` gives what came before it. */
  get match(): string | undefined {
    return this.#match;
  }

  /**
   * @param bytes what the token stands for
   * @param score required where the run asked for scores
   */
  push(tokenId: number, bytes: Uint8Array, score?: TokenScore): void {
    this.#held.push({ tokenId, textStart: this.#decodedLength, bytes, score });
    const decoded = this.#detokenizer.push(bytes);
    this.#decodedLength += decoded.length;
    const { text, match } = this.#filter.push(decoded);
    this.#certain += text;
    this.#certainLength += text.length;
    this.#match = match;
  }

  /** The next piece, if there is text for one or enough tokens without. */
  take(): Piece | undefined {
    if (this.#certain !== "") return this.#release(this.#tokensOfCertainText());
    if (this.#held.length >= MAX_WITHHELD_TOKENS) return this.#release(this.#held.length);
    return undefined;
  }

  /** Call it last, once: all that is left, held-back text included unless a stop sequence was met. */
  end(): LastPieces {
    const endedInside = this.#detokenizer.end();
    if (this.#match === undefined) this.#certain += this.#filter.end();
    const empty = this.#certain === "" && this.#held.length === 0;
    return {
      pieces: empty ? [] : [this.#release(this.#held.length)],
      incompleteText: endedInside && this.#match === undefined,
    };
  }

  /** Those whose text has begun to go out; at least one, so that text never goes without a token before the end. */
  #tokensOfCertainText(): number {
    let count = 1;
    while (count < this.#held.length && (this.#held[count]?.textStart ?? 0) < this.#certainLength) count++;
    return count;
  }

  #release(count: number): Piece {
    const text = this.#certain;
    this.#certain = "";
    return pieceOf(text, this.#held.splice(0, count), this.#output);
  }
}

/** Text, and the tokens that it came from. @throws Error where a token lacks the score that was asked for */
export function pieceOf(text: string, tokens: readonly HeldToken[], { logprobs, tokenBytes }: RunOutput): Piece {
  return {
    text,
    textBytes: Buffer.byteLength(text),
    tokenIds: tokens.map(({ tokenId }) => tokenId),
    ...(logprobs === undefined ? {} : { scores: tokens.map(scoreOf) }),
    ...(tokenBytes ? { tokenBytes: tokens.map(({ bytes }) => ownBytes(bytes)) } : {}),
  };
}

function scoreOf({ tokenId, score }: HeldToken): TokenScore {
  if (score === undefined) throw new Error(`token ${tokenId} has no score`);
  return score;
}
