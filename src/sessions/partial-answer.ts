import type { Turn } from "./session.js";
import type { TurnRow } from "./tables.js";

/** True: a turn may go on where this one's answer ended. One that is complete, or is none, can't be gone on with. */
export function hasPartialAnswer(last: Pick<Turn | TurnRow, "status"> | undefined): boolean {
  return last !== undefined && ["truncated", "cancelled", "failed"].includes(last.status);
}
