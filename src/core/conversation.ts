import type { ToolCall } from "./tool.js";

export type Role = "system" | "user" | "assistant" | "tool";

/** One message of a request. An assistant message that comes last and has no calls is partial: the model goes on inside it. */
export interface Message {
  readonly role: Role;
  readonly content: string;
  /** Of an assistant: what it thought before it spoke. */
  readonly reasoning?: string;
  /** Of an assistant: what it called after it spoke; at least one. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of a tool, always: which call its content is the result of. */
  readonly toolCallId?: string;
}
