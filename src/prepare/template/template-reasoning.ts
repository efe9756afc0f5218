import type { Message } from "../../core/conversation.js";
import type { ReasoningSyntax } from "../../core/output-format.js";
import type { ConstrainedPart } from "./chat-template.js";
import { InputRefusal } from "../../core/generation-error.js";
import { createMark } from "./hidden-texts.js";
import type { TemplateShape, TemplateVariables } from "./jinja-renderer.js";
import { REASONING_SWITCHES } from "./template-arguments.js";
import { harmonyFrames } from "./families/harmony.js";

const FIELD = "reasoning.enabled";

/** The end of a prompt and the markup of the reasoning that follows it. */
export interface ReasoningStart {
  /** The text to add to the prompt. */
  readonly opening: string;
  /** undefined means that the output contains no reasoning. */
  readonly syntax: Omit<ReasoningSyntax, "endTokens"> | undefined;
  /** The markup that a grammar of either an answer or calls has to begin an answer with. The default is none. */
  readonly answerOpening?: string;
}

/** A chat template's support for reasoning. */
export class TemplateReasoning {
  readonly marks: ReasoningMarks | undefined;
  /** The template variables that turn reasoning on and off. */
  readonly #switches: readonly string[];
  /** Whether the prompt of the simplest conversation opens the reasoning. */
  readonly #opensItself: boolean;

  /** @param render renders the simplest conversation with these variables, or returns undefined if the template fails */
  constructor(source: string, render: (variables: TemplateVariables) => string | undefined) {
    this.marks = reasoningMarks(source);
    this.#switches = REASONING_SWITCHES.filter((name) => render({ [name]: true }) !== render({ [name]: false }));
    const prompt = render({});
    this.#opensItself =
      this.marks !== undefined && prompt !== undefined && reasoningAtEnd(prompt, this.marks) === "open";
  }

  /** Whether the model reasons, always or on demand. */
  get isSupported(): boolean {
    return this.marks !== undefined && (this.#switches.length > 0 || this.#isDefault);
  }

  /** Whether the model reasons by default. */
  get #isDefault(): boolean {
    return this.#opensItself || this.marks?.isAlways === true;
  }

  /** The template variables for the caller's choice. */
  variables(enabled: boolean | undefined): TemplateVariables {
    if (enabled === undefined) return {};
    return Object.fromEntries(this.#switches.map((name) => [name, enabled]));
  }

  /**
   * Rejects a choice that the template does not support.
   * @param renderWith renders a conversation like the caller's with these variables. undefined means that the model continues a message, where no switch works.
   * @throws InputRefusal
   */
  require(enabled: boolean, renderWith: ((variables: TemplateVariables) => string | undefined) | undefined): void {
    if (this.marks === undefined) {
      if (enabled) throw new InputRefusal(FIELD, "the model's chat template does not support reasoning");
      return;
    }
    if (this.#switches.length === 0) {
      if (enabled && this.#isDefault) return;
      throw new InputRefusal(FIELD, "the model's chat template has no switch for reasoning");
    }
    if (renderWith === undefined) return;
    if (renderWith(this.variables(true)) !== renderWith(this.variables(false))) return;
    throw new InputRefusal(
      FIELD,
      "has no effect in this conversation, since the model's chat template ignores it here",
    );
  }

  /**
   * The beginning of the output after this prompt.
   * @param options.isInside whether the model continues a message that already has text
   * @param options.constrained the output that a grammar constrains, if any
   */
  start(
    prompt: string,
    options: { enabled: boolean | undefined; isInside: boolean; constrained: ConstrainedPart | undefined },
  ): ReasoningStart {
    const { marks } = this;
    const none: ReasoningStart = { opening: "", syntax: undefined };
    if (marks === undefined) return none;
    const { begin, end, opening, answerOpening } = marks;
    const atEnd = reasoningAtEnd(prompt, marks);
    if (atEnd === "open") return { opening: "", syntax: { begin, end, isOpen: true } };
    if (options.isInside) return none;
    if (atEnd === "none" && options.constrained === undefined) {
      return { opening: "", syntax: { begin, end, isOpen: false } };
    }
    // A grammar begins with the answer, so the prompt has to decide between reasoning and answer.
    if (atEnd === "none" && options.enabled === true) return { opening, syntax: { begin, end, isOpen: true } };
    if (options.constrained === "either") return { ...none, answerOpening };
    return options.constrained === "answer" ? { opening: answerOpening, syntax: undefined } : none;
  }
}

/** The reasoning markup of one family of models. */
interface ReasoningMarks {
  readonly begin: string;
  readonly end: string;
  /** The text that opens the reasoning in a prompt. */
  readonly opening: string;
  /** Whether every model of the family reasons. */
  readonly isAlways: boolean;
  /** The text that opens the answer in a prompt, if the family marks answers too. */
  readonly answerOpening: string;
  /** The markup around the answer. */
  readonly frames: readonly string[];
}

const marks = (begin: string, end: string, more: Partial<ReasoningMarks> = {}): ReasoningMarks => ({
  begin,
  end,
  opening: begin,
  isAlways: false,
  answerOpening: "",
  frames: [],
  ...more,
});

/** The markup in a template's source that identifies each family, from the most specific on. */
const KNOWN: readonly (readonly [string, ReasoningMarks])[] = [
  [
    "<|channel|>analysis",
    marks("<|channel|>analysis<|message|>", "<|end|>", {
      isAlways: true,
      answerOpening: "<|channel|>final<|message|>",
      frames: harmonyFrames,
    }),
  ],
  [
    "<|START_THINKING|>",
    marks("<|START_THINKING|>", "<|END_THINKING|>", {
      answerOpening: "<|START_RESPONSE|>",
      frames: ["<|START_RESPONSE|>", "<|END_RESPONSE|>"],
    }),
  ],
  ["<|inner_prefix|>", marks("<|inner_prefix|>", "<|inner_suffix|>")],
  ["<|channel>thought", marks("<|channel>thought\n", "<channel|>")],
  ["[THINK]", marks("[THINK]", "[/THINK]")],
  ["<seed:think>", marks("<seed:think>", "</seed:think>")],
  [
    "<think></think> and write your response between <response>",
    marks("<think>", "</think>", { frames: ["<response>", "</response>"] }),
  ],
  ["</think>", marks("<think>", "</think>", { opening: "<think>\n" })],
];

/** The reasoning markup that the template contains, if any. */
function reasoningMarks(source: string): ReasoningMarks | undefined {
  return KNOWN.find(([markup]) => source.includes(markup))?.[1];
}

/** Whether a prompt ends inside the reasoning, directly after it, or neither. */
function reasoningAtEnd(
  prompt: string,
  { begin, end }: Pick<ReasoningSyntax, "begin" | "end">,
): "open" | "closed" | "none" {
  const text = prompt.trimEnd();
  if (text.endsWith(begin.trimEnd())) return "open";
  return text.endsWith(end) ? "closed" : "none";
}

/** The names of the reasoning field in templates, from the most usual on. */
const FIELDS = ["reasoning_content", "thinking", "reasoning"];

/** The message field whose reasoning the template shows, either before a tool's result or in a complete turn. undefined means that it shows none. */
export function findReasoningField(
  shape: TemplateShape,
  render: (messages: readonly Message[], shape: TemplateShape) => string | undefined,
): string | undefined {
  const reasoning = createMark();
  const question: Message = { role: "user", content: "x" };
  const call = { id: "call_0", name: "x", arguments: "{}" };
  const conversations: readonly (readonly Message[])[] = [
    [
      question,
      { role: "assistant", content: "", reasoning, toolCalls: [call] },
      { role: "tool", content: "x", toolCallId: call.id },
    ],
    [question, { role: "assistant", content: "x", reasoning }, question],
  ];
  return FIELDS.find((field) =>
    conversations.some((messages) => render(messages, { ...shape, reasoning: field })?.includes(reasoning) === true),
  );
}
