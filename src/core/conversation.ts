import type { ToolCall } from "./tool.js";

export type Role = "system" | "user" | "assistant" | "tool";

/** One message of a request. If the last message is from the assistant and has no calls, the model continues it. */
export interface Message {
  readonly role: Role;
  readonly content: string;
  /** The assistant's reasoning before its answer. */
  readonly reasoning?: string;
  /** The assistant's calls after its text, at least one. */
  readonly toolCalls?: readonly ToolCall[];
  /** The call that a tool's message answers. Every message of a tool has it. */
  readonly toolCallId?: string;
}
