import type { Credit } from "../../core/credit.js";
import type { Piece } from "../../core/piece.js";

/** What a run may still post. The last piece may overdraw its bytes, and pieces of one token both. */
export class RunCredit {
  #pieces: number;
  #bytes: number;

  constructor({ pieces, bytes }: Credit) {
    this.#pieces = pieces;
    this.#bytes = bytes;
  }

  /** Whether it may post one more piece. */
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

  /** As much of a draft as can be posted whole, with credit left for the token after it. */
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
