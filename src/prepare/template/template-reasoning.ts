import type { ReasoningSyntax } from "../../core/output-format.js";
import { InputRefusal } from "../../core/violations.js";
import type { JsonObject } from "./parse-json.js";
import { type ReasoningMarks, reasoningAtEnd, reasoningMarks } from "./reasoning-marks.js";
import { REASONING_SWITCHES } from "./template-arguments.js";

const FIELD = "reasoning.enabled";

/** How a prompt ends and what of the output is reasoning. */
export interface ReasoningStart {
  /** To be added to the prompt. */
  readonly opening: string;
  /** undefined: none of the output is. */
  readonly syntax: Omit<ReasoningSyntax, "endTokens"> | undefined;
}

/** What a chat template says of its model's thinking aloud. */
export class TemplateReasoning {
  readonly marks: ReasoningMarks | undefined;
  /** Variables that turn it on and off. */
  readonly #switches: readonly string[];
  /** Whether the prompt of the simplest conversation opens it. */
  readonly #opensItself: boolean;

  /** @param render the simplest conversation with these variables; undefined: the template fails */
  constructor(source: string, render: (variables: JsonObject) => string | undefined) {
    this.marks = reasoningMarks(source);
    this.#switches = REASONING_SWITCHES.filter((name) => render({ [name]: true }) !== render({ [name]: false }));
    const prompt = render({});
    this.#opensItself =
      this.marks !== undefined && prompt !== undefined && reasoningAtEnd(prompt, this.marks) === "open";
  }

  /** Whether the model thinks aloud, always or on demand. */
  get isKnown(): boolean {
    return this.marks !== undefined && (this.#switches.length > 0 || this.#isUnasked);
  }

  /** Whether it does so though nobody asks. */
  get #isUnasked(): boolean {
    return this.#opensItself || this.marks?.isAlways === true;
  }

  /** The template's variables for what the caller wants. */
  variables(enabled: boolean | undefined): JsonObject {
    if (enabled === undefined) return {};
    return Object.fromEntries(this.#switches.map((name) => [name, enabled]));
  }

  /**
   * Refuses what the template cannot do.
   * @param renderWith a conversation like the caller's with these variables; undefined: the model goes on inside a message, where nothing is switched
   */
  require(enabled: boolean, renderWith: ((variables: JsonObject) => string | undefined) | undefined): void {
    if (this.marks === undefined) {
      if (enabled) throw new InputRefusal(FIELD, "the model's chat template knows no reasoning");
      return;
    }
    if (this.#switches.length === 0) {
      if (enabled && this.#isUnasked) return;
      throw new InputRefusal(FIELD, "the model's chat template has no switch for reasoning");
    }
    if (renderWith === undefined) return;
    if (renderWith(this.variables(true)) !== renderWith(this.variables(false))) return;
    throw new InputRefusal(
      FIELD,
      "switches nothing in this conversation: the model's chat template does not look at it",
    );
  }

  /**
   * How the output begins after this prompt.
   * @param options.isInside the model goes on inside a message that has text already
   * @param options.constrained what the answer, or the calls in its place, will be held to a grammar for
   */
  start(
    prompt: string,
    options: { enabled: boolean | undefined; isInside: boolean; constrained: "answer" | "calls" | undefined },
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
    // A grammar begins with the answer, so the prompt says whether it is that or reasoning that comes.
    if (atEnd === "none" && options.enabled === true) return { opening, syntax: { begin, end, isOpen: true } };
    return options.constrained === "answer" ? { opening: answerOpening, syntax: undefined } : none;
  }
}
