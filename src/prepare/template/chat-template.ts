import type { Message } from "../../core/conversation.js";
import type { ChatOptions } from "../../core/generation-request.js";
import type { TemplateFacts } from "../../core/model-facts.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { ToolUse } from "../../core/tool.js";
import type { Fragment } from "../tokens/control-texts.js";

/** A conversation, and what the answer to it is to be like. */
export interface ChatRequest extends ChatOptions {
  readonly messages: readonly Message[];
  /** Whether the model is to think aloud first. Default: as its template has it. */
  readonly reasoning?: boolean | undefined;
  /** What will be held to a grammar: the prompt settles whatever comes before it. Default: nothing. */
  readonly constrained?: "answer" | "calls" | undefined;
}

/** What the model reads, and how what it writes is marked up. */
export interface RenderedChat {
  readonly fragments: Fragment[];
  /** undefined: the output is text, all of it. */
  readonly format: OutputFormat | undefined;
}

/** Turns a conversation into what the model was trained to read. Lives on the prepare worker. */
export interface ChatTemplate {
  readonly facts: TemplateFacts;
  /**
   * The conversation, ready to be answered; an assistant message that comes last and calls nothing is left open. What a caller wrote is plain text in the
   * result, whatever it spells: messages, tools, calls, results and template arguments.
   * @throws InputRefusal where the template does not take such a conversation
   */
  render(chat: ChatRequest): RenderedChat;
}

/** Whether the conversation ends inside a message that the model is to go on with. */
export function goesOn(messages: readonly Message[]): boolean {
  const last = messages.at(-1);
  return last?.role === "assistant" && last.toolCalls === undefined;
}

/** The tools that the model is told of; undefined: none. */
export function toolsOf({ tools }: ChatOptions): ToolUse | undefined {
  return tools?.choice.type === "none" ? undefined : tools;
}
