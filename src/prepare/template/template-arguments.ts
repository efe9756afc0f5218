import type { HiddenTexts } from "./hidden-texts.js";
import { InputRefusal } from "../../core/violations.js";
import { type JsonObject, parseJsonObject } from "./parse-json.js";

const FIELD = "chat.template_arguments";

/** Variables that the server fills, and names that the template language has. */
const TAKEN = new Set([
  ...["messages", "tools", "add_generation_prompt", "bos_token", "eos_token"],
  ...[
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "range",
    "namespace",
    "raise_exception",
    "strftime_now",
    "loop",
  ],
]);

/** What a template's switch for reasoning is called. */
export const REASONING_SWITCHES = ["enable_thinking", "thinking"] as const;

/**
 * The caller's own variables of a template.
 * @param source the template: a variable that it never names would be ignored without a word
 * @throws InputRefusal that names the variable at fault
 */
export function parseTemplateArguments(
  text: string,
  { source, texts }: { source: string; texts: HiddenTexts },
): JsonObject {
  const variables = parseJsonObject(text, {
    field: FIELD,
    texts: { hideValue: texts.hideValue, hideKey: texts.hideKey },
  });
  for (const name of Object.keys(variables)) {
    const shown = JSON.stringify(texts.reveal(name));
    if (TAKEN.has(name)) throw new InputRefusal(FIELD, `has ${shown}, which the server fills`);
    if (REASONING_SWITCHES.some((it) => it === name)) {
      throw new InputRefusal(FIELD, `has ${shown}, which reasoning.enabled is for`);
    }
    if (!source.includes(name)) {
      throw new InputRefusal(FIELD, `has ${shown}, which is no variable of the model's chat template`);
    }
  }
  return variables;
}
