import type { Turn } from "./session.js";

/**
 * True: a turn may go on where this one's answer ended. One that is complete, or is none, can't be gone on with; nor can one that calls tools: what
 * comes after calls are their results.
 */
export function hasPartialAnswer(last: Pick<Turn, "status" | "toolCalls"> | undefined): boolean {
  if (last === undefined || last.toolCalls !== undefined) return false;
  return ["truncated", "cancelled", "failed"].includes(last.status);
}
