import type { Piece } from "../../core/piece.js";

/** What a token id may take in a message. */
const TOKEN_ID_BYTES = 5;

/** A generation's whole output so far, for a reader that comes later. Bounded: beyond that it forgets everything, for good. */
export class OutputLog {
  readonly #maxBytes: number;
  #pieces: Piece[] | undefined = [];
  #bytes = 0;

  /** @param maxBytes what a message of all of it may take: text, calls and token ids. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** undefined: it was more than may be kept. */
  get pieces(): readonly Piece[] | undefined {
    return this.#pieces;
  }

  add(pieces: readonly Piece[]): void {
    for (const piece of pieces) this.#bytes += piece.textBytes + piece.tokenIds.length * TOKEN_ID_BYTES;
    if (this.#bytes > this.#maxBytes) this.#pieces = undefined;
    this.#pieces?.push(...pieces);
  }
}
