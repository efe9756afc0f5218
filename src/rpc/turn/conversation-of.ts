import type { Message } from "../../core/conversation.js";
import type { Turn } from "../../sessions/session.js";

/** What of a turn the model reads. */
export type ReadTurn = Pick<Turn, "status" | "messages" | "continues" | "answer">;

/**
 * Turns as the conversation that the model's template renders. An answer is a message of the assistant, whole or partial: what goes on inside a message
 * (the answer of a turn that continues, or after an unfinished message of the assistant) becomes one with it.
 */
export function conversationOf(turns: readonly ReadTurn[]): Message[] {
  const conversation: Message[] = [];
  for (const turn of turns) {
    conversation.push(...turn.messages);
    if (turn.status !== "appended") addAnswer(conversation, turn);
  }
  return conversation;
}

function addAnswer(conversation: Message[], { messages, continues, answer }: ReadTurn): void {
  const last = conversation.at(-1);
  const goesOn = last?.role === "assistant" && (continues || messages.length > 0);
  if (goesOn) conversation[conversation.length - 1] = { role: "assistant", content: last.content + answer };
  else conversation.push({ role: "assistant", content: answer });
}
