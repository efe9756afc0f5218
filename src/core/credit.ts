import type { Limits } from "./limits.js";

/**
 * The right to post more: the engine spends it with each piece it posts and gets it back only when the message that carried
 * those pieces has been taken by the reader's HTTP/2 window. A run without pieces or without bytes left is parked.
 */
export interface Credit {
  readonly pieces: number;
  /** UTF-8 bytes of text. The last piece may overdraw it by its own length. */
  readonly bytes: number;
}

/** What a run begins with, and at most has. */
export function creditWindow({ creditPieces, creditBytes }: Pick<Limits, "creditPieces" | "creditBytes">): Credit {
  return { pieces: creditPieces, bytes: creditBytes };
}
