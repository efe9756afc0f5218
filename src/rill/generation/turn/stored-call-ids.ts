import type { Turn } from "../../../sessions/session.js";
import { callIdsOf } from "../../parse/check-call-ids.js";

/** The ids of all calls of a session: those that the model made, and those that came with messages. */
export function storedCallIds(history: readonly Pick<Turn, "messages" | "toolCalls">[]): string[] {
  return history.flatMap(({ messages, toolCalls = [] }) => [...callIdsOf(messages), ...toolCalls.map(({ id }) => id)]);
}
