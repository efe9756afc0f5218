import type { Credit } from "../../core/credit.js";
import { OUTPUT_START, type OutputPosition } from "./output-position.js";

/** Of the window: less is not worth waking the engine's thread for, which computes meanwhile. */
const WORTHWHILE_SHARE = 1 / 4;

/** What its readers have taken of a run's output, and how much of the credit for that the engine has not got back yet. */
export class CreditReturn {
  readonly #window: Credit;
  #postedPieces = 0;
  #taken = OUTPUT_START;
  #returned = OUTPUT_START;

  /** @param window what the run begins with */
  constructor(window: Credit) {
    this.#window = window;
  }

  /** Of those that the engine has posted, no reader has taken so many. */
  get untakenPieces(): number {
    return this.#postedPieces - this.#taken.pieces;
  }

  posted(pieces: number): void {
    this.#postedPieces += pieces;
  }

  /** A second reader comes to what the first had taken: that frees nothing. */
  takenTo(position: OutputPosition): void {
    if (position.pieces > this.#taken.pieces) this.#taken = position;
  }

  /** All that is owed. @param isAwaited the run stands still without it: any is worth the way. @returns undefined where it can wait, or is none */
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
