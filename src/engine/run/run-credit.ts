import type { Credit, Piece } from "../../core/piece.js";

/** The credit that a run has left. The last piece may overdraw its bytes, and pieces of one token both bytes and pieces. */
export class RunCredit {
  #pieces: number;
  #bytes: number;

  constructor({ pieces, bytes }: Credit) {
    this.#pieces = pieces;
    this.#bytes = bytes;
  }

  /** Whether the run may post one more piece. */
  get isLeft(): boolean {
    return this.#pieces > 0 && this.#bytes > 0;
  }

  grant({ pieces, bytes }: Credit): void {
    this.#pieces += pieces;
    this.#bytes += bytes;
  }

  spend({ textBytes }: Piece): void {
    this.#pieces--;
    this.#bytes -= textBytes;
  }

  /** Cuts a draft to the tokens that can be posted whole, with credit left for the token after them. */
  cover(draft: readonly number[], tokenBytes: (tokenId: number) => Uint8Array): readonly number[] {
    let count = 0;
    let bytes = 0;
    for (const tokenId of draft.slice(0, Math.max(0, this.#pieces - 1))) {
      bytes += tokenBytes(tokenId).length;
      if (bytes >= this.#bytes) break;
      count++;
    }
    return draft.slice(0, count);
  }
}
