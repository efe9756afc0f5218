import type { Message } from "../../core/conversation.js";
import type { ReasoningSyntax } from "../../core/output-format.js";
import type { ConstrainedPart } from "./chat-template.js";
import { InputRefusal } from "../../core/generation-error.js";
import type { JinjaValue } from "../jinja/values.js";
import { createMark } from "./hidden-texts.js";
import type { TemplateShape, TemplateVariables } from "./jinja-renderer.js";
import { REASONING_SWITCHES } from "./template-arguments.js";
import type { AnswerFrames } from "./families/call-family.js";
import { harmonyFrames } from "./families/harmony.js";
import { kimiK3Frames } from "./families/kimi-k3.js";
import { museFrames } from "./families/muse.js";
import { solarOpenFrames } from "./families/solar-open.js";

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

/** A template variable that turns reasoning on and off, and its two values. */
interface ReasoningSwitch {
  readonly name: string;
  readonly on: JinjaValue;
  readonly off: JinjaValue;
}

/** The usual switches, which take a boolean. */
const SWITCHES = REASONING_SWITCHES.map((name): ReasoningSwitch => ({ name, on: true, off: false }));

/** The switches of single families, for templates without a usual one: those of MiniMax M3, Seed-OSS and Hunyuan 3. */
const FAMILY_SWITCHES: readonly (ReasoningSwitch & { readonly word: string })[] = [
  { word: "thinking_mode ==", name: "thinking_mode", on: "enabled", off: "disabled" },
  { word: "thinking_budget ==", name: "thinking_budget", on: -1, off: 0 },
  { word: "'no_think'", name: "reasoning_effort", on: "high", off: "no_think" },
];

/** The conversations that a template's reasoning is probed with. Each renders to undefined if the template fails. */
export interface ReasoningProbe {
  /** Renders the simplest conversation with these variables. */
  readonly question: (variables: TemplateVariables) => string | undefined;
  /** Renders conversations in which an assistant reasoned, with that text. */
  readonly history: (reasoning: string) => readonly (string | undefined)[];
}

/** A chat template's support for reasoning. */
export class TemplateReasoning {
  readonly marks: ReasoningMarks | undefined;
  readonly #switches: readonly ReasoningSwitch[];
  /** Whether the model reasons by default. */
  readonly #isDefault: boolean;

  constructor(source: string, probe: ReasoningProbe) {
    this.marks = reasoningMarks(source);
    const changes = ({ name, on, off }: ReasoningSwitch): boolean =>
      probe.question({ [name]: on }) !== probe.question({ [name]: off });
    const usual = SWITCHES.filter(changes);
    const own = FAMILY_SWITCHES.filter((it) => source.includes(it.word) && changes(it));
    this.#switches = usual.length > 0 ? usual : own;
    this.#isDefault = this.marks !== undefined && reasonsByDefault(this.marks, probe);
  }

  /** Whether the model reasons, always or on demand. */
  get isSupported(): boolean {
    return this.marks !== undefined && (this.#switches.length > 0 || this.#isDefault);
  }

  /** The template variables for the caller's choice. */
  variables(enabled: boolean | undefined): TemplateVariables {
    if (enabled === undefined) return {};
    return Object.fromEntries(this.#switches.map(({ name, on, off }) => [name, enabled ? on : off]));
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

const framed = ({ answerOpening, frames }: AnswerFrames, reasoning: ReasoningMarks): ReasoningMarks => ({
  ...reasoning,
  answerOpening,
  frames,
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
  [
    "<atem:function_calls>",
    framed(museFrames, marks("to=self<|message|>", "<|eom|>", { opening: " to=self<|message|>", isAlways: true })),
  ],
  ["<|open|>think", framed(kimiK3Frames, marks("<|open|>think<|sep|>", "<|close|>think<|sep|>"))],
  ["<|tool_call:begin|>", framed(solarOpenFrames, marks("<|think|>", "<|end|>", { isAlways: true }))],
  ["<|channel>thought", marks("<|channel>thought\n", "<channel|>")],
  ["[THINK]", marks("[THINK]", "[/THINK]")],
  ["<seed:think>", marks("<seed:think>", "</seed:think>")],
  ["<mm:think>", marks("<mm:think>", "</mm:think>")],
  ["<think{}>", marks("<think:opensource>", "</think:opensource>")],
  [
    "<think></think> and write your response between <response>",
    marks("<think>", "</think>", { frames: ["<response>", "</response>"] }),
  ],
  ["</think>", marks("<think>", "</think>", { opening: "<think>\n" })],
];

/**
 * Whether a model reasons without being asked to. Its family always does, or its prompt opens the reasoning, or the template's own system message shows the
 * markup (Ministral 3), or the history shows an assistant's reasoning in the markup (Kimi K2 Thinking).
 */
function reasonsByDefault(marks: ReasoningMarks, { question, history }: ReasoningProbe): boolean {
  if (marks.isAlways) return true;
  const prompt = question({});
  if (prompt === undefined) return false;
  const atEnd = reasoningAtEnd(prompt, marks);
  if (atEnd !== "none") return atEnd === "open";
  const reasoning = createMark();
  const begins = [marks.begin, `${marks.begin}\n`].map((begin) => begin + reasoning);
  const isShown = history(reasoning).some((text) => begins.some((begin) => text?.includes(begin) === true));
  return isShown || prompt.includes(marks.begin);
}

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
  return FIELDS.find((field) =>
    reasoningHistories(reasoning).some(
      (messages) => render(messages, { ...shape, reasoning: field })?.includes(reasoning) === true,
    ),
  );
}

/** Conversations in which an assistant reasoned: before a tool's result, and in a complete turn. */
export function reasoningHistories(reasoning: string): readonly (readonly Message[])[] {
  const question: Message = { role: "user", content: "x" };
  const call = { id: "call_0", name: "x", arguments: "{}" };
  return [
    [
      question,
      { role: "assistant", content: "", reasoning, toolCalls: [call] },
      { role: "tool", content: "x", toolCallId: call.id },
    ],
    [question, { role: "assistant", content: "x", reasoning }, question],
  ];
}
