import type { Message } from "../../core/conversation.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import type { Violations } from "../../core/generation-error.js";
import type { Turn } from "../../sessions/session.js";

const MAX_ID_TEXT_BYTES = 64;

/**
 * Checks that no two calls of one message have the same id, and that every result names an earlier call. A later message may use an id again: a result
 * belongs to the nearest call before it. Missing ids are reported elsewhere.
 * @param known the ids of the calls earlier in the conversation
 */
export function checkCallIds(
  { field, messages, known = [] }: { field: string; messages: readonly Message[]; known?: Iterable<string> },
  violations: Violations,
): void {
  const ids = new Set(known);
  for (const [index, { toolCalls = [], toolCallId = "" }] of messages.entries()) {
    if (toolCallId !== "" && !ids.has(toolCallId)) {
      violations.add(`${field}[${index}].tool_call_id`, `is ${quoted(toolCallId)}, the id of no earlier call`);
    }
    const own = new Set<string>();
    for (const [callIndex, { id }] of toolCalls.entries()) {
      if (own.has(id)) {
        const path = `${field}[${index}].tool_calls[${callIndex}].id`;
        violations.add(path, `is ${quoted(id)}, the id of another call of the message`);
      }
      if (id === "") continue;
      own.add(id);
      ids.add(id);
    }
  }
}

/** Refuses messages that end in tool calls, because something, such as their results, must follow before the model continues. */
export function refuseCallsAtEnd(
  { field, messages }: { field: string; messages: readonly Message[] },
  violations: Violations,
): void {
  if (messages.at(-1)?.toolCalls === undefined) return;
  violations.add(
    `${field}[${messages.length - 1}].tool_calls`,
    "are at the end of the messages; their results must follow",
  );
}

/** The ids of all calls of a session: those that the model made, and those that came with messages. */
export function storedCallIds(history: readonly Pick<Turn, "messages" | "toolCalls">[]): string[] {
  const idsOf = ({ toolCalls = [] }: Pick<Turn, "toolCalls">): string[] => toolCalls.map(({ id }) => id);
  return history.flatMap((turn) => [...turn.messages.flatMap(idsOf), ...idsOf(turn)]);
}

function quoted(id: string): string {
  return JSON.stringify(wellFormedText(id, MAX_ID_TEXT_BYTES));
}
