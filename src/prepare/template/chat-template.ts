import type { Message, ToolUse } from "../../core/conversation.js";
import type { ChatOptions } from "../../core/generation-request.js";
import type { TemplateFacts } from "../../core/model-facts.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { Fragment } from "../tokens/control-texts.js";

/** A conversation and the requirements on its answer. */
export interface ChatRequest extends ChatOptions {
  readonly messages: readonly Message[];
  /** Whether the model reasons before its answer. The template decides by default. */
  readonly reasoning?: boolean | undefined;
  /** The output that a grammar constrains, if any. The prompt then decides about everything before it. */
  readonly constrained?: "answer" | "calls" | undefined;
}

/** The prompt and the markup of the output that follows it. */
export interface RenderedChat {
  readonly fragments: Fragment[];
  /** undefined means that all of the output is text. */
  readonly format: OutputFormat | undefined;
}

/** Renders conversations in the format that the model was trained on. It lives on the prepare worker. */
export interface ChatTemplate {
  readonly facts: TemplateFacts;
  /**
   * Renders the conversation. If the last message is from the assistant and has no calls, the model continues it. The caller's messages, tools, calls,
   * results and template arguments stay plain text in the result, even if they contain the texts of control tokens.
   * @throws InputRefusal when the template does not accept the conversation
   */
  render(chat: ChatRequest): RenderedChat;
}

/** Whether the model continues the last message instead of answering it. */
export function continuesLastMessage(messages: readonly Message[]): boolean {
  const last = messages.at(-1);
  return last?.role === "assistant" && last.toolCalls === undefined;
}

/** The tools that the model is told about, if any. */
export function toolsOf({ tools }: ChatOptions): ToolUse | undefined {
  return tools?.choice.type === "none" ? undefined : tools;
}
