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

/** A function of the caller's that the model may ask to have called. */
export interface Tool {
  readonly name: string;
  /** A description for the model, which may be empty. */
  readonly description: string;
  /** The JSON Schema of its arguments, which are an object, as JSON text. It goes into the prompt byte for byte. */
  readonly parameters: string;
}

/** Whether the model calls tools. auto: as it likes. required: at least one. named: only this one. */
export type ToolChoice =
  | { readonly type: "auto" }
  | { readonly type: "none" }
  | { readonly type: "required" }
  | { readonly type: "named"; readonly name: string };

/** The tools of a generation, and how it may call them. */
export interface ToolUse {
  /** At least one tool, each name once, in the caller's order. */
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice;
  /** Whether the caller allows more than one call. undefined means that the caller does not say, and `allowsParallelCalls` decides. */
  readonly parallel?: boolean | undefined;
}

/**
 * Whether an output may have more than one call. Unless the caller says so, a model that must call a tool makes one call, since it would otherwise write the
 * same call again and again.
 */
export function allowsParallelCalls({ parallel, choice }: ToolUse): boolean {
  return parallel ?? (choice.type === "auto" || choice.type === "none");
}

/** A complete call by the model. */
export interface ToolCall {
  /** Unique in its conversation. */
  readonly id: string;
  readonly name: string;
  /** A JSON object, as the model wrote it. */
  readonly arguments: string;
}
