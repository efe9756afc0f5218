import type { Message } from "../../core/conversation.js";
import type { TemplateFacts } from "../../core/model-facts.js";
import type { ToolUse } from "../../core/tool.js";
import { type ChatRequest, type ChatTemplate, goesOn, type RenderedChat, toolsOf } from "./chat-template.js";
import { findReasoningField } from "./find-reasoning-field.js";
import { findToolPlace, type ToolPlace } from "./tool-support.js";
import { createMark, HiddenTexts } from "./hidden-texts.js";
import { InputRefusal } from "../../core/violations.js";
import { JinjaRenderer, type Rendering } from "./jinja-renderer.js";
import { type MessageShape, PLAIN_SHAPE } from "./message-variables.js";
import { createOutputFormat } from "./create-output-format.js";
import type { JsonObject } from "./parse-json.js";
import { SystemPlace } from "./system-messages.js";
import { parseTemplateArguments } from "./template-arguments.js";
import { templateFamily } from "./template-family.js";
import { TemplateReasoning } from "./template-reasoning.js";
import { toolBlock, withoutToolRoles } from "./tool-block.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

const QUESTION: Message = { role: "user", content: "x" };

/** The chat template that the model's file brings, rendered as it stands. */
export class JinjaTemplate implements ChatTemplate {
  readonly facts: TemplateFacts;
  readonly #source: string;
  readonly #vocabulary: Vocabulary;
  readonly #renderer: JinjaRenderer;
  readonly #system: SystemPlace;
  readonly #reasoning: TemplateReasoning;
  /** undefined: the template has none, so the block of tools is needed. */
  readonly #place: ToolPlace | undefined;
  readonly #shape: MessageShape;

  private constructor(renderer: JinjaRenderer, { source, vocabulary }: { source: string; vocabulary: Vocabulary }) {
    const texts = new HiddenTexts(vocabulary);
    const bare = { tools: [], variables: {}, shape: PLAIN_SHAPE, texts };
    this.#source = source;
    this.#vocabulary = vocabulary;
    this.#renderer = renderer;
    this.#system = new SystemPlace(renderer, bare);
    this.#reasoning = new TemplateReasoning(source, (variables) =>
      renderer.tryRun({ ...bare, messages: [QUESTION], variables }),
    );
    this.#place = findToolPlace(source, (messages, options) => renderer.tryRun({ ...bare, messages, ...options }));
    const shape = this.#place?.shape ?? PLAIN_SHAPE;
    const reasoning = findReasoningField(shape, (messages, one) => renderer.tryRun({ ...bare, messages, shape: one }));
    this.#shape = { ...shape, reasoning };
    this.facts = {
      source: "model",
      family: templateFamily(source),
      tools: this.#place === undefined ? "block" : "template",
      reasoning: this.#reasoning.isKnown,
    };
  }

  /** undefined: a template that can't be parsed, or fails at the simplest conversation. */
  static tryCreate(source: string, vocabulary: Vocabulary): JinjaTemplate | undefined {
    for (const noTools of [undefined, []]) {
      const renderer = tryParse(source, { vocabulary, noTools });
      if (renderer === undefined) return undefined;
      if (isUsable(renderer, vocabulary)) return new JinjaTemplate(renderer, { source, vocabulary });
    }
    return undefined;
  }

  render(chat: ChatRequest): RenderedChat {
    const texts = new HiddenTexts(this.#vocabulary);
    const { reasoning: enabled, templateArguments } = chat;
    const tools = toolsOf(chat);
    const place = this.#placeFor(tools, texts);
    const own =
      templateArguments === undefined ? {} : parseTemplateArguments(templateArguments, { source: this.#source, texts });
    const rendering: Rendering = {
      messages: place === undefined ? this.#withBlock(chat, { tools, variables: own, texts }) : chat.messages,
      tools: place === undefined ? [] : (tools?.tools ?? []),
      variables: { ...own, ...this.#reasoning.variables(enabled) },
      shape: this.#shape,
      texts,
    };
    this.#system.require(chat.messages, rendering);
    const isOpen = goesOn(chat.messages);
    if (enabled !== undefined) this.#requireReasoning(enabled, { rendering, isOpen });
    const prompt = isOpen ? this.#runOpen(rendering, chat.messages.length - 1) : this.#renderer.run(rendering);
    const isInside = isOpen && chat.messages.at(-1)?.content !== "";
    const start = this.#reasoning.start(prompt, { enabled, isInside, constrained: chat.constrained });
    return {
      fragments: texts.read(prompt + start.opening),
      format: createOutputFormat({
        reasoning: start.syntax,
        frames: isInside ? [] : (this.#reasoning.marks?.frames ?? []),
        calls: place?.calls,
        tools,
        vocabulary: this.#vocabulary,
      }),
    };
  }

  /** Where these tools go; undefined: into the block, as the template has no place for them, or fails at what they are like. */
  #placeFor(tools: ToolUse | undefined, texts: HiddenTexts): ToolPlace | undefined {
    if (this.#place === undefined || tools === undefined) return this.#place;
    const rendering = { messages: [QUESTION], tools: tools.tools, variables: {}, shape: this.#shape, texts };
    return this.#renderer.tryRun(rendering) === undefined ? undefined : this.#place;
  }

  /** Messages for a template that knows nothing of tools. */
  #withBlock(
    { messages }: ChatRequest,
    { tools, variables, texts }: { tools: ToolUse | undefined; variables: JsonObject; texts: HiddenTexts },
  ): readonly Message[] {
    const hasCalls = messages.some(({ role, toolCalls }) => role === "tool" || toolCalls !== undefined);
    if (tools === undefined && !hasCalls) return messages;
    return withoutToolRoles(messages, {
      block: tools === undefined ? undefined : toolBlock(tools.tools),
      place: this.#system.isKnown ? "system" : "user",
      defaultSystem: this.#system.defaultText({ variables, texts }),
    });
  }

  #requireReasoning(enabled: boolean, { rendering, isOpen }: { rendering: Rendering; isOpen: boolean }): void {
    const messages = rendering.messages.map((message): Message => ({ ...message, content: "x" }));
    const renderWith = (variables: JsonObject): string | undefined =>
      this.#renderer.tryRun({ ...rendering, messages, variables: { ...rendering.variables, ...variables } });
    this.#reasoning.require(enabled, isOpen ? undefined : renderWith);
  }

  /** The prompt up to the end of the last message. */
  #runOpen(rendering: Rendering, index: number): string {
    const end = createMark();
    const rendered = this.#renderer.run({ ...rendering, end });
    const endIndex = rendered.lastIndexOf(end);
    if (endIndex >= 0) return rendered.slice(0, endIndex);
    throw new InputRefusal(
      `chat.messages[${index}].content`,
      "the model's chat template changes this message, so the model cannot go on inside it",
    );
  }
}

function tryParse(
  source: string,
  options: { vocabulary: Vocabulary; noTools: readonly never[] | undefined },
): JinjaRenderer | undefined {
  try {
    return new JinjaRenderer(source, options);
  } catch {
    return undefined;
  }
}

/** Whether the simplest conversation shows up in its prompt. */
function isUsable(renderer: JinjaRenderer, vocabulary: Vocabulary): boolean {
  const content = createMark();
  const texts = new HiddenTexts(vocabulary);
  const rendered = renderer.tryRun({
    messages: [{ role: "user", content }],
    tools: [],
    variables: {},
    shape: PLAIN_SHAPE,
    texts,
  });
  return rendered?.includes(content) === true;
}
