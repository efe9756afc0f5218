import { Template } from "@huggingface/jinja";
import type { Message } from "../../core/conversation.js";
import type { Tool } from "../../core/tool.js";
import type { HiddenTexts } from "./hidden-texts.js";
import { InputRefusal } from "../../core/violations.js";
import { type MessageShape, messageVariables, toolVariables } from "./message-variables.js";
import type { JsonObject } from "./parse-json.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

/** What goes into one rendering. */
export interface Rendering {
  readonly messages: readonly Message[];
  /** Those that the template itself shows. */
  readonly tools: readonly Tool[];
  /** Beside messages and tools. */
  readonly variables: JsonObject;
  readonly shape: MessageShape;
  readonly texts: HiddenTexts;
  /** Put after the content of the last message, which is then gone on with. Default: an answer is asked for. */
  readonly end?: string | undefined;
}

/** What is at fault where a template fails. */
const TEMPLATE_FIELD = "chat.messages";

/** Runs one Jinja template with the variables that chat templates know. */
export class JinjaRenderer {
  readonly #template: Template;
  readonly #vocabulary: Vocabulary;
  /** What stands for no tools: some templates fail where there is nothing, others where there is a list. */
  readonly #noTools: readonly never[] | undefined;

  /** @throws Error where the source can't be parsed */
  constructor(
    source: string,
    { vocabulary, noTools }: { vocabulary: Vocabulary; noTools: readonly never[] | undefined },
  ) {
    this.#template = new Template(source);
    this.#vocabulary = vocabulary;
    this.#noTools = noTools;
  }

  /** The text of the prompt. @throws InputRefusal where the template fails, or JSON is not what it should be */
  run({ messages, tools, variables, shape, texts, end }: Rendering): string {
    const values = messageVariables(messages, { shape, texts, end: end ?? "" });
    const toolValues = tools.length === 0 ? this.#noTools : toolVariables(tools, { shape, texts });
    const { tokens } = this.#vocabulary.model;
    try {
      return this.#template.render({
        ...variables,
        messages: values,
        tools: toolValues,
        add_generation_prompt: end === undefined,
        bos_token: tokens.bosString ?? "",
        eos_token: tokens.eosString ?? "",
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InputRefusal(
        TEMPLATE_FIELD,
        `the model's chat template does not take this conversation: ${texts.reveal(reason)}`,
      );
    }
  }

  /** undefined: the template fails. @throws InputRefusal where JSON is not what it should be */
  tryRun(rendering: Rendering): string | undefined {
    try {
      return this.run(rendering);
    } catch (error) {
      if (error instanceof InputRefusal && error.violation.field === TEMPLATE_FIELD) return undefined;
      throw error;
    }
  }
}
