import {
  type ChatHistoryItem,
  type ChatWrapper,
  resolveChatWrapper,
  SpecialToken,
  SpecialTokensText,
} from "node-llama-cpp";
import type { Message } from "../../core/conversation.js";
import type { TemplateFacts } from "../../core/model-facts.js";
import {
  type ChatRequest,
  type ChatTemplate,
  continuesLastMessage,
  createOutputFormat,
  type RenderedChat,
  toolsOf,
} from "./chat-template.js";
import type { Fragment } from "../tokens/control-texts.js";
import { InputRefusal } from "../../core/generation-error.js";
import { toolBlock, withoutToolRoles } from "./tool-block.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

/** The template of a model whose file has no usable one. The binding's wrapper fits the model's architecture, file name or beginning token. */
export class FallbackTemplate implements ChatTemplate {
  readonly facts: TemplateFacts;
  readonly #wrapper: ChatWrapper;
  readonly #vocabulary: Vocabulary;

  /** @param problem the error because of which the file's own template is not used, if it has one */
  constructor(vocabulary: Vocabulary, problem?: string) {
    const { model } = vocabulary;
    this.#vocabulary = vocabulary;
    this.#wrapper = resolveChatWrapper(model, { warningLogs: false, noJinja: true });
    this.facts = {
      source: "fallback",
      family: this.#wrapper.wrapperName.toLowerCase(),
      ...(problem === undefined ? {} : { problem }),
      tools: "block",
      reasoning: false,
    };
  }

  render(chat: ChatRequest): RenderedChat {
    refuseVariables(chat);
    const tools = toolsOf(chat);
    const messages = withoutToolRoles(chat.messages, {
      block: tools === undefined ? undefined : toolBlock(tools.tools),
      carrier: "system",
      defaultSystem: "",
    });
    const format = createOutputFormat({
      reasoning: undefined,
      frames: [],
      calls: undefined,
      tools,
      constrained: chat.constrained,
      vocabulary: this.#vocabulary,
    });
    return { fragments: this.#fragmentsOf(messages, continuesLastMessage(chat.messages)), format };
  }

  #fragmentsOf(messages: readonly Message[], isOpen: boolean): Fragment[] {
    const chatHistory = messages.map(toHistoryItem);
    // The wrappers leave the last answer open, so a new answer starts as an empty one.
    if (!isOpen) chatHistory.push({ type: "model", response: [""] });
    const { controlTexts, model } = this.#vocabulary;
    const fragments: Fragment[] = [];
    for (const value of this.#generate(chatHistory).values) {
      if (typeof value === "string") pushFragment(fragments, value);
      else if (value instanceof SpecialToken)
        for (const id of value.tokenize(model.tokenizer)) pushFragment(fragments, id);
      else if (value instanceof SpecialTokensText)
        for (const part of controlTexts.split(value.value)) pushFragment(fragments, part);
    }
    // A wrapper begins with the BOS token. If a turn begins with it too, one is removed.
    const doubled = fragments[0] === model.tokens.bos && fragments[1] === model.tokens.bos;
    return doubled ? fragments.slice(1) : fragments;
  }

  #generate(chatHistory: readonly ChatHistoryItem[]): ReturnType<ChatWrapper["generateContextState"]>["contextText"] {
    try {
      return this.#wrapper.generateContextState({ chatHistory }).contextText;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InputRefusal("chat.messages", `the model's chat template does not accept this conversation: ${reason}`);
    }
  }
}

function refuseVariables({ reasoning, templateArguments }: ChatRequest): void {
  if (reasoning === true)
    throw new InputRefusal("reasoning.enabled", "the model's file has no chat template that supports reasoning");
  if (templateArguments === undefined) return;
  throw new InputRefusal("chat.template_arguments", "the model's file has no chat template that takes arguments");
}

/** Converts a message whose calls and results have become text. */
function toHistoryItem({ role, content }: Message): ChatHistoryItem {
  switch (role) {
    case "system":
      return { type: "system", text: content };
    case "tool":
    case "user":
      return { type: "user", text: content };
    case "assistant":
      return { type: "model", response: [content] };
  }
}

/** Joins adjacent plain texts, so that they are tokenised together as in the rendered whole. */
function pushFragment(fragments: Fragment[], next: Fragment): void {
  const last = fragments.at(-1);
  if (next === "") return;
  if (typeof next === "string" && typeof last === "string") fragments[fragments.length - 1] = last + next;
  else fragments.push(next);
}
