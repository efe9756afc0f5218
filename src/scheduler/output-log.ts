import type { Piece } from "../core/piece.js";

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
    for (const piece of pieces) this.#bytes += bytesOf(piece);
    if (this.#bytes > this.#maxBytes) this.#pieces = undefined;
    this.#pieces?.push(...pieces);
  }
}

function bytesOf({ textBytes, call, tokenIds }: Piece): number {
  const headBytes = call?.head === undefined ? 0 : call.head.id.length + call.head.name.length;
  return textBytes + headBytes + tokenIds.length * TOKEN_ID_BYTES;
}
