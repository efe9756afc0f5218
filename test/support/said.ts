import type { Chat, Message, Role } from "../../generated/rill/v1/conversation.js";
import type { ToolCall } from "../../generated/rill/v1/tool.js";

/** A message of the contract. */
export function said(role: Role | undefined, content: string | undefined, others: Partial<Message> = {}): Message {
  return { role, content, reasoning: undefined, toolCalls: [], toolCallId: undefined, ...others };
}

/** A conversation without tools, unless they are given. */
export function chatOf(messages: Message[], others: Partial<Chat> = {}): Chat {
  return { messages, tools: [], ...others };
}

export function toolCall(id: string, name: string, args: unknown = {}): ToolCall {
  return { id, name, arguments: JSON.stringify(args) };
}
