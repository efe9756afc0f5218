import type { Message } from "../../core/conversation.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import type { Violations } from "../../core/violations.js";

const MAX_ID_TEXT_BYTES = 64;

/**
 * Holds messages to the rule that each call has an id of its own, and that each result names a call before it. What is missing at all was found before.
 * @param known ids of the calls of the conversation so far
 */
export function checkCallIds(
  { field, messages, known = [] }: { field: string; messages: readonly Message[]; known?: Iterable<string> },
  violations: Violations,
): void {
  const ids = new Set(known);
  for (const [index, { toolCalls = [], toolCallId = "" }] of messages.entries()) {
    if (toolCallId !== "" && !ids.has(toolCallId)) {
      violations.add(`${field}[${index}].tool_call_id`, `is ${quoted(toolCallId)}, the id of no call before`);
    }
    for (const [callIndex, { id }] of toolCalls.entries()) {
      if (ids.has(id)) {
        violations.add(`${field}[${index}].tool_calls[${callIndex}].id`, `is ${quoted(id)}, which another call has`);
      }
      if (id !== "") ids.add(id);
    }
  }
}

/** Calls must be followed by something, such as their results, before the model is asked for more. */
export function refuseCallsAtEnd(
  { field, messages }: { field: string; messages: readonly Message[] },
  violations: Violations,
): void {
  if (messages.at(-1)?.toolCalls === undefined) return;
  violations.add(`${field}[${messages.length - 1}].tool_calls`, "are the last that is said: their results must follow");
}

/** The ids of all calls in these messages. */
export function callIdsOf(messages: readonly Message[]): string[] {
  return messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id }) => id));
}

function quoted(id: string): string {
  return JSON.stringify(wellFormedText(id, MAX_ID_TEXT_BYTES));
}
