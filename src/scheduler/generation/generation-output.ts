import type { Credit, Piece } from "../../core/piece.js";

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

/** The share of the window from which credit is worth waking the engine's thread, which computes meanwhile. */
const WORTHWHILE_SHARE = 1 / 4;

/** How far a run's readers have taken its output, and how much of the credit for that the engine has not got back yet. */
export class CreditReturn {
  readonly #window: Credit;
  #postedPieces = 0;
  #taken = OUTPUT_START;
  #returned = OUTPUT_START;

  /** @param window the credit with which the run begins. */
  constructor(window: Credit) {
    this.#window = window;
  }

  /** The number of pieces that the engine has posted and no reader has taken. */
  get untakenPieces(): number {
    return this.#postedPieces - this.#taken.pieces;
  }

  posted(pieces: number): void {
    this.#postedPieces += pieces;
  }

  /** A position that an earlier reader has reached already frees nothing. */
  takenTo(position: OutputPosition): void {
    if (position.pieces > this.#taken.pieces) this.#taken = position;
  }

  /**
   * Takes all the credit that the engine is owed; undefined if there is none, or if it is not yet worthwhile.
   * @param isAwaited true makes any credit worthwhile, because the run stands still without it.
   */
  take(isAwaited: boolean): Credit | undefined {
    const pieces = this.#taken.pieces - this.#returned.pieces;
    const bytes = this.#taken.bytes - this.#returned.bytes;
    const isWorthwhile =
      pieces >= this.#window.pieces * WORTHWHILE_SHARE || bytes >= this.#window.bytes * WORTHWHILE_SHARE;
    if (pieces === 0 || !(isAwaited || isWorthwhile)) return undefined;
    this.#returned = this.#taken;
    return { pieces, bytes };
  }
}
