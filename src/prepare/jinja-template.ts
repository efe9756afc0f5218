import { randomBytes } from "node:crypto";
import { Template } from "@huggingface/jinja";
import type { Message, Role } from "../core/conversation.js";
import type { PreparerFacts } from "../core/prepare-wall.js";
import type { ChatTemplate } from "./chat-template.js";
import type { Fragment } from "./control-texts.js";
import { InputRefusal } from "./input-refusal.js";
import { templateFamily } from "./template-family.js";
import type { Vocabulary } from "./vocabulary.js";

/** The chat template that the model's file brings, rendered as it stands. */
export class JinjaTemplate implements ChatTemplate {
  readonly facts: PreparerFacts["template"];
  readonly #template: Template;
  readonly #vocabulary: Vocabulary;

  private constructor(template: Template, options: { source: string; vocabulary: Vocabulary }) {
    this.facts = { source: "model", family: templateFamily(options.source), tools: "block", reasoning: false };
    this.#template = template;
    this.#vocabulary = options.vocabulary;
  }

  /** undefined: a template that can't be parsed, or fails at the simplest conversation. */
  static tryCreate(source: string, vocabulary: Vocabulary): JinjaTemplate | undefined {
    let template: Template;
    try {
      template = new Template(source);
    } catch {
      return undefined;
    }
    const created = new JinjaTemplate(template, { source, vocabulary });
    return created.#findLost(["user"], "user") === "none" ? created : undefined;
  }

  render(messages: readonly Message[]): Fragment[] {
    this.#requireSystem(messages.map(({ role }) => role));
    // Two strings that no caller can know: one to break control texts up, one to find the end of a message that goes on.
    const [mark, end] = [createMark(), createMark()];
    const { controlTexts } = this.#vocabulary;
    const marked = messages.map(({ role, content }) => ({ role, content: controlTexts.breakUp(content, mark) }));
    const last = marked.at(-1);
    const goesOn = last?.role === "assistant";
    if (goesOn) last.content += end;
    const rendered = this.#run(marked, !goesOn);
    const endIndex = goesOn ? rendered.lastIndexOf(end) : rendered.length;
    if (endIndex < 0) {
      const field = `chat.messages[${messages.length - 1}].content`;
      throw new InputRefusal(
        field,
        "the model's chat template changes this message, so the model cannot go on inside it",
      );
    }
    return controlTexts
      .split(rendered.slice(0, endIndex))
      .map((fragment) => (typeof fragment === "string" ? fragment.replaceAll(mark, "") : fragment));
  }

  #run(messages: readonly Message[], addGenerationPrompt: boolean): string {
    const { tokens } = this.#vocabulary.model;
    try {
      return this.#template.render({
        messages,
        add_generation_prompt: addGenerationPrompt,
        bos_token: tokens.bosString ?? "",
        eos_token: tokens.eosString ?? "",
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InputRefusal("chat.messages", `the model's chat template does not take this conversation: ${reason}`);
    }
  }

  /** Many templates know a system message at the beginning only: elsewhere instructions would be left out without a word. */
  #requireSystem(roles: readonly Role[]): void {
    if (!roles.includes("system")) return;
    const lost = this.#findLost(roles, "system");
    if (typeof lost === "string") return;
    throw new InputRefusal(`chat.messages[${lost}].role`, "the model's chat template leaves this system message out");
  }

  /** Index of the first message of one role that would be left out of a conversation of these roles. */
  #findLost(roles: readonly Role[], probed: Role): number | "none" | "refused" {
    const messages = roles.map((role) => ({ role, content: role === probed ? createMark() : "x" }));
    try {
      const rendered = this.#run(messages, true);
      const lost = messages.findIndex(({ role, content }) => role === probed && !rendered.includes(content));
      return lost < 0 ? "none" : lost;
    } catch (error) {
      if (error instanceof InputRefusal) return "refused";
      throw error;
    }
  }
}

/** Printable, without letters that a template could change the case of, and beyond guessing. */
function createMark(): string {
  return `\u{E000}${randomBytes(8).readBigUInt64LE()}\u{E001}`;
}
