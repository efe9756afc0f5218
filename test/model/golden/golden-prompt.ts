import { fileURLToPath } from "node:url";
import type { OutputFormat } from "../../../src/core/output-format.js";
import type { ChatRequest } from "../../../src/prepare/template/chat-template.js";
import type { Fragment } from "../../../src/prepare/tokens/control-texts.js";
import { InputRefusal } from "../../../src/core/generation-error.js";
import { JinjaTemplate } from "../../../src/prepare/template/jinja-template.js";
import { Vocabulary } from "../../../src/prepare/tokens/vocabulary.js";
import type { ReleaseFiles } from "../../support/release-files.js";
import { createTinyModel } from "../../support/tiny-model.js";
import type { Family } from "./families.js";
import { SCENES } from "./scenes.js";

/** A family's template over a small vocabulary that has its control tokens. */
export class FamilyTemplate implements AsyncDisposable {
  readonly template: JinjaTemplate;
  readonly vocabulary: Vocabulary;
  /** A whole model, if a small one. */
  readonly modelPath: string;

  private constructor(parts: Pick<FamilyTemplate, "template" | "vocabulary" | "modelPath">) {
    this.template = parts.template;
    this.vocabulary = parts.vocabulary;
    this.modelPath = parts.modelPath;
  }

  static async load({ template: name, controlTexts }: Family, files: ReleaseFiles): Promise<FamilyTemplate> {
    const source = await files.template(name);
    const modelPath = await createTinyModel(undefined, { controlTexts, chatTemplate: source });
    const vocabulary = await Vocabulary.load(modelPath);
    const template = JinjaTemplate.tryCreate(source, vocabulary);
    if (!(template instanceof JinjaTemplate)) throw new Error(`${name} cannot be used: ${template.problem}`);
    return new FamilyTemplate({ template, vocabulary, modelPath });
  }

  /** All scenes, for people to read: a control token stands between ⟪ and ⟫. */
  scenes(): string {
    const { tools, reasoning } = this.template.facts;
    const head = `tools by the ${tools}, ${reasoning ? "thinks aloud" : "does not think aloud"}\n`;
    return head + SCENES.map(([title, chat]) => `\n======== ${title}\n${this.#show(chat)}\n`).join("");
  }

  #show(chat: ChatRequest): string {
    try {
      const { fragments, format } = this.template.render(chat);
      return `${withoutDates(this.spell(fragments))}\n-------- ${describe(format)}`;
    } catch (error) {
      if (error instanceof InputRefusal) return `-------- refused: ${error.message}`;
      throw error;
    }
  }

  /** Control tokens between ⟪ and ⟫. */
  spell(fragments: readonly Fragment[]): string {
    const { tokens } = this.vocabulary.model.fileInfo.metadata.tokenizer.ggml;
    return fragments.map((part) => (typeof part === "string" ? part : `⟪${tokens[part]}⟫`)).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vocabulary[Symbol.asyncDispose]();
  }
}

/** Where a family's golden prompts lie, in the repository. */
export function goldenPath({ name }: Family): string {
  return fileURLToPath(new URL(`../../../../test/model/golden/${name}.txt`, import.meta.url));
}

/** Some templates tell the date. */
export function withoutDates(text: string): string {
  return text.replaceAll(/\b(?:\d{4}-\d\d-\d\d|\d\d [A-Z][a-z]{2} 20[2-9]\d|[A-Z][a-z]+ \d\d, \d{4})\b/g, "DATE");
}

function describe(format: OutputFormat | undefined): string {
  if (format === undefined) return "text";
  const { reasoning, calls, toolNames } = format;
  const thinking = reasoning && `${reasoning.isOpen ? "inside" : "maybe"} ${JSON.stringify(reasoning.begin)}`;
  const [first] = calls;
  const begin = first && first.sectionBegin + ("begin" in first.body ? first.body.begin : "[");
  const calling = begin === undefined ? undefined : `calls of ${toolNames.join(", ")} by ${JSON.stringify(begin)}`;
  return [thinking, calling, format.frames && "frames"].filter((it) => it !== undefined).join("; ");
}
