import type { Credit } from "../../core/piece.js";
import { OUTPUT_START, type OutputPosition } from "./output-log.js";

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
