import type { Message, ToolUse } from "../../core/conversation.js";
import type { TemplateFacts } from "../../core/model-facts.js";
import {
  type ChatRequest,
  type ChatTemplate,
  continuesLastMessage,
  createOutputFormat,
  type RenderedChat,
  toolsOf,
} from "./chat-template.js";
import { openedFrames } from "./call-syntaxes.js";
import type { AnswerFrames } from "./families/call-family.js";
import { createMark, HiddenTexts } from "./hidden-texts.js";
import { InputRefusal } from "../../core/generation-error.js";
import { JinjaProgram } from "../jinja/jinja-program.js";
import { TemplateError } from "../jinja/template-error.js";
import {
  JinjaRenderer,
  PLAIN_SHAPE,
  type Rendering,
  type TemplateShape,
  type TemplateVariables,
} from "./jinja-renderer.js";
import { SystemMessages } from "./system-messages.js";
import { parseTemplateArguments } from "./template-arguments.js";
import { findReasoningField, reasoningHistories, TemplateReasoning } from "./template-reasoning.js";
import { toolBlock, withBlock, withoutToolRoles } from "./tool-block.js";
import { findToolSupport, type RenderProbe, showsOwnCalls, type ToolSupport } from "./tool-support.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

const QUESTION: Message = { role: "user", content: "x" };

/** The chat template in the model's file. It is rendered unchanged. */
export class JinjaTemplate implements ChatTemplate {
  readonly facts: TemplateFacts;
  readonly #source: string;
  readonly #vocabulary: Vocabulary;
  readonly #renderer: JinjaRenderer;
  readonly #system: SystemMessages;
  readonly #reasoning: TemplateReasoning;
  /** undefined means that the template supports no tools, so that they go into a block of text. */
  readonly #toolSupport: ToolSupport | undefined;
  readonly #shape: TemplateShape;
  readonly #opened: AnswerFrames | undefined;

  private constructor(renderer: JinjaRenderer, { source, vocabulary }: { source: string; vocabulary: Vocabulary }) {
    const texts = new HiddenTexts(vocabulary);
    const bare = { tools: [], variables: {}, shape: PLAIN_SHAPE, texts };
    this.#source = source;
    this.#vocabulary = vocabulary;
    this.#renderer = renderer;
    this.#system = new SystemMessages(renderer, bare);
    const render: RenderProbe = (messages, options) => renderer.tryRun({ ...bare, messages, ...options });
    this.#toolSupport = findToolSupport(source, render);
    const shape = this.#toolSupport?.shape ?? PLAIN_SHAPE;
    const reasoning = findReasoningField(shape, (messages, one) => renderer.tryRun({ ...bare, messages, shape: one }));
    this.#shape = { ...shape, reasoning };
    this.#reasoning = new TemplateReasoning(source, {
      question: (variables) => renderer.tryRun({ ...bare, messages: [QUESTION], variables }),
      history: (text) =>
        reasoningHistories(text).map((messages) => renderer.tryRun({ ...bare, messages, shape: this.#shape })),
    });
    this.#opened = openedFrames(source);
    this.facts = {
      source: "model",
      family: templateFamily(source),
      tools: this.#toolSupport?.showsTools === true ? "template" : "block",
      ...(this.#toolSupport === undefined && showsOwnCalls(source, render) ? { hasUnknownCalls: true } : {}),
      reasoning: this.#reasoning.isSupported,
    };
  }

  /** Creates the template, or returns why it cannot be used: it cannot be parsed, or it fails on the simplest conversation. */
  static tryCreate(source: string, vocabulary: Vocabulary): JinjaTemplate | TemplateProblem {
    const program = tryParse(source);
    if (!(program instanceof JinjaProgram)) return program;
    const problems: TemplateProblem[] = [];
    for (const noTools of [undefined, []]) {
      const renderer = new JinjaRenderer(program, { vocabulary, noTools });
      const problem = findProblem(renderer, vocabulary);
      if (problem === undefined) return new JinjaTemplate(renderer, { source, vocabulary });
      problems.push(problem);
    }
    return problems[0] ?? { problem: "" };
  }

  render(chat: ChatRequest): RenderedChat {
    const texts = new HiddenTexts(this.#vocabulary);
    const { reasoning: enabled, templateArguments } = chat;
    const tools = toolsOf(chat);
    const support = this.#supportOf(tools, texts);
    const own =
      templateArguments === undefined ? {} : parseTemplateArguments(templateArguments, { source: this.#source, texts });
    const rendering: Rendering = {
      messages: this.#shownMessages(chat, { support, tools, variables: own, texts }),
      tools: support?.showsTools === true ? (tools?.tools ?? []) : [],
      variables: { ...own, ...this.#reasoning.variables(enabled) },
      shape: this.#shape,
      texts,
    };
    this.#system.require(chat.messages, rendering);
    const isOpen = continuesLastMessage(chat.messages);
    if (enabled !== undefined) this.#requireReasoning(enabled, { rendering, isOpen });
    const prompt = isOpen ? this.#runOpen(rendering, chat.messages.length - 1) : this.#renderer.run(rendering);
    const isInside = isOpen && chat.messages.at(-1)?.content !== "";
    const start = this.#reasoning.start(prompt, { enabled, isInside, constrained: chat.constrained });
    const { frames, opening, opened, ...ending } = this.#framesAfter(prompt + start.opening, { isInside, ...chat });
    const answerOpening = start.answerOpening ?? ending.answerOpening;
    return {
      fragments: texts.read(prompt + start.opening + opening),
      ...(answerOpening === undefined ? {} : { answerOpening }),
      format: createOutputFormat({
        reasoning: start.syntax,
        frames,
        opened,
        calls: support?.calls,
        tools,
        constrained: chat.constrained,
        vocabulary: this.#vocabulary,
      }),
    };
  }

  /**
   * The frames of the answer after a prompt, the text that opens a constrained answer, the end of the prompt that the output begins with, and the markup
   * with which a grammar has to begin an answer.
   */
  #framesAfter(
    prompt: string,
    { isInside, constrained }: { isInside: boolean; constrained?: ChatRequest["constrained"] },
  ): { frames: readonly string[]; opening: string; opened: string; answerOpening?: string } {
    // An answer that goes on has its frame already, and what it ends with is the caller's own text.
    if (isInside) return { frames: [], opening: "", opened: "" };
    const frames = this.#reasoning.marks?.frames ?? this.#opened?.frames ?? [];
    if (this.#opened === undefined || !prompt.endsWith(this.#opened.promptEnd))
      return { frames, opening: "", opened: "" };
    const { promptEnd, answerOpening } = this.#opened;
    if (constrained === "answer") return { frames, opening: answerOpening, opened: "" };
    return { frames, opening: "", opened: promptEnd, ...(constrained === "either" ? { answerOpening } : {}) };
  }

  /** The template's support for these tools. undefined means that they go into the block, since the template supports no tools or fails on these. */
  #supportOf(tools: ToolUse | undefined, texts: HiddenTexts): ToolSupport | undefined {
    if (this.#toolSupport === undefined || tools === undefined) return this.#toolSupport;
    const rendering = { messages: [QUESTION], tools: tools.tools, variables: {}, shape: this.#shape, texts };
    return this.#renderer.tryRun(rendering) === undefined ? undefined : this.#toolSupport;
  }

  /** The messages as the template gets them: with a block that describes the tools if it shows none, and with calls and results as text if it shows none. */
  #shownMessages(
    { messages }: ChatRequest,
    {
      support,
      tools,
      variables,
      texts,
    }: {
      support: ToolSupport | undefined;
      tools: ToolUse | undefined;
      variables: TemplateVariables;
      texts: HiddenTexts;
    },
  ): readonly Message[] {
    if (support?.showsTools === true || (support !== undefined && tools === undefined)) return messages;
    const hasCalls = messages.some(({ role, toolCalls }) => role === "tool" || toolCalls !== undefined);
    if (tools === undefined && !hasCalls) return messages;
    const options = {
      block: tools === undefined ? undefined : toolBlock(tools.tools, support?.calls[0]),
      carrier: this.#system.isSupported ? ("system" as const) : ("user" as const),
      defaultSystem: this.#system.defaultText({ variables, texts }),
    };
    return support === undefined ? withoutToolRoles(messages, options) : withBlock(messages, options);
  }

  #requireReasoning(enabled: boolean, { rendering, isOpen }: { rendering: Rendering; isOpen: boolean }): void {
    const messages = rendering.messages.map((message): Message => ({ ...message, content: "x" }));
    const renderWith = (variables: TemplateVariables): string | undefined =>
      this.#renderer.tryRun({ ...rendering, messages, variables: { ...rendering.variables, ...variables } });
    this.#reasoning.require(enabled, isOpen ? undefined : renderWith);
  }

  /** Renders the prompt up to the end of the last message. */
  #runOpen(rendering: Rendering, index: number): string {
    const end = createMark();
    const rendered = this.#renderer.run({ ...rendering, end });
    const endIndex = rendered.lastIndexOf(end);
    if (endIndex >= 0) return rendered.slice(0, endIndex);
    throw new InputRefusal(
      `chat.messages[${index}].content`,
      "is changed by the model's chat template, so the model cannot continue it",
    );
  }
}

/** The reason why a model's own template is not used. */
export interface TemplateProblem {
  /** The error, with the line of the template if one is known. */
  readonly problem: string;
}

function tryParse(source: string): JinjaProgram | TemplateProblem {
  try {
    return new JinjaProgram(source);
  } catch (error) {
    if (error instanceof TemplateError) return { problem: `line ${error.line}: ${error.message}` };
    throw error;
  }
}

/** The reason why the simplest conversation has no usable prompt. undefined means that it has one, which contains its message. */
function findProblem(renderer: JinjaRenderer, vocabulary: Vocabulary): TemplateProblem | undefined {
  const content = createMark();
  const messages: readonly Message[] = [{ role: "user", content }];
  const texts = new HiddenTexts(vocabulary);
  try {
    const rendered = renderer.render({ messages, tools: [], variables: {}, shape: PLAIN_SHAPE, texts });
    return rendered.includes(content) ? undefined : { problem: "the prompt does not contain the user's message" };
  } catch (error) {
    if (error instanceof TemplateError) return { problem: `line ${error.line}: ${error.message}` };
    throw error;
  }
}

/** The markup that identifies a family of templates, from the most specific on. */
const FAMILIES: readonly (readonly [string, string])[] = [
  ["<|start_header_id|>", "llama3"],
  ["<|header_start|>", "llama4"],
  ["<|channel|>", "harmony"],
  ["<|turn>", "gemma4"],
  ["<start_of_turn>", "gemma"],
  ["<|START_OF_TURN_TOKEN|>", "command-r"],
  ["<|start_of_role|>", "granite"],
  ["<｜User｜>", "deepseek"],
  ["<|im_start|>", "chatml"],
  ["<<SYS>>", "llama2"],
  ["[INST]", "mistral"],
  ["[|assistant|]", "exaone"],
  ["<|assistant|>", "zephyr"],
  ["### Instruction", "alpaca"],
];

/** The usual name of such a template. It is for display only. */
function templateFamily(source: string): string {
  return FAMILIES.find(([markup]) => source.includes(markup))?.[1] ?? "custom";
}
