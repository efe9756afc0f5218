import type { Credit } from "./credit.js";
import type { Limits } from "./limits.js";

/** What a run begins with, and at most has. */
export function creditWindow({ creditPieces, creditBytes }: Pick<Limits, "creditPieces" | "creditBytes">): Credit {
  return { pieces: creditPieces, bytes: creditBytes };
}
