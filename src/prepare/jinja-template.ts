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
  /** Instructions would be left out without a word. */
  readonly #losesSystem: boolean;

  private constructor(template: Template, options: { source: string; vocabulary: Vocabulary }) {
    this.facts = { source: "model", family: templateFamily(options.source) };
    this.#template = template;
    this.#vocabulary = options.vocabulary;
    this.#losesSystem = this.#probe(["system", "user"], "system") === "lost";
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
    return created.#probe(["user"], "user") === "kept" ? created : undefined;
  }

  render(messages: readonly Message[]): Fragment[] {
    const system = messages.findIndex(({ role }) => role === "system");
    if (this.#losesSystem && system >= 0) {
      throw new InputRefusal(`chat.messages[${system}].role`, "the model's chat template leaves system messages out");
    }
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

  /** What becomes of one role's messages, in a conversation of these roles. */
  #probe(roles: readonly Role[], probed: Role): "kept" | "lost" | "refused" {
    const mark = createMark();
    try {
      const messages = roles.map((role) => ({ role, content: role === probed ? mark : "x" }));
      return this.#run(messages, true).includes(mark) ? "kept" : "lost";
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
