import type { Message } from "../../core/conversation.js";
import type { Turn } from "../../sessions/session.js";

/** What of a turn the model reads. */
export type ReadTurn = Pick<Turn, "status" | "messages" | "continues" | "answer" | "reasoning" | "toolCalls">;

/**
 * Turns and new messages as the conversation that the model's template renders. An answer is a message of the assistant, whole or partial, with what it
 * calls: what goes on inside a message (the answer of a turn that continues, or after an unfinished message of the assistant) becomes one with it. What
 * the model thought goes along as long as nobody has spoken since but tools: on the way from a question to its answer it may still need it.
 */
export function conversationOf(turns: readonly ReadTurn[], messages: readonly Message[] = []): Message[] {
  const conversation: Message[] = [];
  /** Of the answers that were thought about. */
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
