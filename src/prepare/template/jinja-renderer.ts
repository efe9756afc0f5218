import { Template } from "@huggingface/jinja";
import type { Message, Tool } from "../../core/conversation.js";
import type { JsonObject } from "../../core/json.js";
import type { HiddenTexts } from "./hidden-texts.js";
import { InputRefusal } from "../../core/generation-error.js";
import { messageVariables, type TemplateShape, toolVariables } from "./template-variables.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

/** The input of one rendering. */
export interface Rendering {
  readonly messages: readonly Message[];
  /** The tools that the template itself shows. */
  readonly tools: readonly Tool[];
  /** The variables beside messages and tools. */
  readonly variables: JsonObject;
  readonly shape: TemplateShape;
  readonly texts: HiddenTexts;
  /** A text after the content of the last message, which the model then continues. By default the prompt asks for an answer. */
  readonly end?: string | undefined;
}

/** The field that an error names when a template fails. */
const TEMPLATE_FIELD = "chat.messages";

/** Runs one Jinja template with the variables of chat templates. */
export class JinjaRenderer {
  readonly #template: Template;
  readonly #vocabulary: Vocabulary;
  /** The value of `tools` without tools. Some templates fail when it is undefined, others when it is an empty list. */
  readonly #noTools: readonly never[] | undefined;

  /** @throws Error when the source cannot be parsed */
  constructor(
    source: string,
    { vocabulary, noTools }: { vocabulary: Vocabulary; noTools: readonly never[] | undefined },
  ) {
    this.#template = new Template(source);
    this.#vocabulary = vocabulary;
    this.#noTools = noTools;
  }

  /** Renders the prompt. @throws InputRefusal when the template fails or a JSON field is invalid */
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
        `the model's chat template does not accept this conversation: ${texts.reveal(reason)}`,
      );
    }
  }

  /** Renders the prompt, or returns undefined if the template fails. @throws InputRefusal when a JSON field is invalid */
  tryRun(rendering: Rendering): string | undefined {
    try {
      return this.run(rendering);
    } catch (error) {
      if (error instanceof InputRefusal && error.violation.field === TEMPLATE_FIELD) return undefined;
      throw error;
    }
  }
}
