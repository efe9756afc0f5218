import type { Piece } from "../../core/piece.js";

/** A position in a generation's output, as the counts of everything before it. */
export interface OutputPosition {
  readonly pieces: number;
  /** UTF-8 bytes of text. */
  readonly bytes: number;
  readonly tokens: number;
}

export const OUTPUT_START: OutputPosition = Object.freeze({ pieces: 0, bytes: 0, tokens: 0 });

/** The position behind `pieces`, which begin at `start`. */
export function positionAfter(start: OutputPosition, pieces: readonly Piece[]): OutputPosition {
  let { bytes, tokens } = start;
  for (const piece of pieces) {
    bytes += piece.textBytes;
    tokens += piece.tokenIds.length;
  }
  return { pieces: start.pieces + pieces.length, bytes, tokens };
}

/** The most bytes that a token id takes in a message. */
const TOKEN_ID_BYTES = 5;

/** A generation's whole output so far, for a later reader. It is bounded: an output beyond the bound is forgotten as a whole, for good. */
export class OutputLog {
  readonly #maxBytes: number;
  #pieces: Piece[] | undefined = [];
  #bytes = 0;

  /** @param maxBytes the most that a message of the whole output may take, with its text, calls and token ids. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** undefined once the output was more than the log may keep. */
  get pieces(): readonly Piece[] | undefined {
    return this.#pieces;
  }

  add(pieces: readonly Piece[]): void {
    for (const piece of pieces) this.#bytes += piece.textBytes + piece.tokenIds.length * TOKEN_ID_BYTES;
    if (this.#bytes > this.#maxBytes) this.#pieces = undefined;
    this.#pieces?.push(...pieces);
  }
}
