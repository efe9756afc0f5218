import { InputRefusal } from "../../core/generation-error.js";
import { showHidden } from "../jinja/hidden-chars.js";
import { type HiddenTexts, parseJsonObject } from "./hidden-texts.js";
import type { TemplateVariables } from "./jinja-renderer.js";

const FIELD = "chat.template_arguments";

/** Variables that the server sets, and names of the template language. */
const RESERVED = new Set([
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

/** The names of the variables that switch reasoning on and off. */
export const REASONING_SWITCHES = ["enable_thinking", "thinking"] as const;

/**
 * Parses the caller's variables for a template.
 * @param source the template's text. A variable that it never names would be silently ignored, so it is rejected.
 * @throws InputRefusal that names the variable
 */
export function parseTemplateArguments(
  text: string,
  { source, texts }: { source: string; texts: HiddenTexts },
): TemplateVariables {
  const variables = Object.fromEntries(parseJsonObject(text, { field: FIELD, hide: texts.hideValue }));
  for (const name of Object.keys(variables)) {
    const shown = JSON.stringify(showHidden(name));
    if (RESERVED.has(name)) throw new InputRefusal(FIELD, `contains ${shown}, which the server sets itself`);
    if (REASONING_SWITCHES.some((it) => it === name)) {
      throw new InputRefusal(FIELD, `contains ${shown}; reasoning.enabled sets it`);
    }
    if (!source.includes(name)) {
      throw new InputRefusal(FIELD, `contains ${shown}, which the model's chat template does not use`);
    }
  }
  return variables;
}
