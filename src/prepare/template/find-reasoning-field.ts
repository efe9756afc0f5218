import type { Message } from "../../core/conversation.js";
import { createMark } from "./hidden-texts.js";
import type { MessageShape } from "./message-variables.js";

/** What templates call what an assistant thought, most usual first. */
const FIELDS = ["reasoning_content", "thinking", "reasoning"];

/**
 * The field in which a template looks for an assistant's reasoning: shown at least before a result, or in a whole turn.
 * @returns undefined: it never shows any
 */
export function findReasoningField(
  shape: MessageShape,
  render: (messages: readonly Message[], shape: MessageShape) => string | undefined,
): string | undefined {
  const reasoning = createMark();
  const question: Message = { role: "user", content: "x" };
  const call = { id: "call_0", name: "x", arguments: "{}" };
  const conversations: readonly (readonly Message[])[] = [
    [
      question,
      { role: "assistant", content: "", reasoning, toolCalls: [call] },
      { role: "tool", content: "x", toolCallId: call.id },
    ],
    [question, { role: "assistant", content: "x", reasoning }, question],
  ];
  return FIELDS.find((field) =>
    conversations.some((messages) => render(messages, { ...shape, reasoning: field })?.includes(reasoning) === true),
  );
}
