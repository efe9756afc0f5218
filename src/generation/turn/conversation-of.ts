import type { Message } from "../../core/conversation.js";
import type { Turn } from "../../sessions/session.js";

/** The parts of a turn that the model reads. */
export type ReadTurn = Pick<Turn, "status" | "messages" | "continues" | "answer" | "reasoning" | "toolCalls">;

/**
 * Puts turns and new messages together as the conversation that the model's template renders. An answer, whole or partial, is a message of the assistant with
 * its tool calls. An answer that continues another, or an unfinished message of the assistant, becomes one message with it. Reasoning goes along until the
 * user speaks again: on the way from a question through tool calls to the answer, the model may still need it.
 */
export function conversationOf(turns: readonly ReadTurn[], messages: readonly Message[] = []): Message[] {
  const conversation: Message[] = [];
  /** The reasoning of each answer that has some, by the answer's place. */
  const thoughtOf = new Map<number, string>();
  for (const turn of turns) {
    conversation.push(...turn.messages);
    if (turn.status === "appended") continue;
    addAnswer(conversation, turn);
    if (turn.reasoning !== undefined) thoughtOf.set(conversation.length - 1, turn.reasoning);
  }
  conversation.push(...messages);
  const lastAsked = conversation.findLastIndex(({ role }) => role === "user");
  for (const [index, reasoning] of thoughtOf) {
    const message = conversation[index];
    if (message !== undefined && index > lastAsked) conversation[index] = { ...message, reasoning };
  }
  return conversation;
}

function addAnswer(conversation: Message[], { messages, continues, answer, toolCalls }: ReadTurn): void {
  const last = conversation.at(-1);
  const goesOn = last?.role === "assistant" && last.toolCalls === undefined && (continues || messages.length > 0);
  const calls = toolCalls === undefined ? {} : { toolCalls };
  if (goesOn) conversation[conversation.length - 1] = { ...last, content: last.content + answer, ...calls };
  else conversation.push({ role: "assistant", content: answer, ...calls });
}
