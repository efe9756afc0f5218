import type { Limits } from "./limits.js";

/**
 * The right of the engine to post more pieces of a run. The engine spends it with each piece, and gets it back once the reader's HTTP/2 window has taken the
 * message that carried the piece. A run that has no pieces or no bytes left is parked.
 */
export interface Credit {
  readonly pieces: number;
  /** UTF-8 bytes of text. The last piece may overdraw them by its own length. */
  readonly bytes: number;
}

/** The credit with which a run begins, and the most that it ever has. */
export function creditWindow({ creditPieces, creditBytes }: Pick<Limits, "creditPieces" | "creditBytes">): Credit {
  return { pieces: creditPieces, bytes: creditBytes };
}
