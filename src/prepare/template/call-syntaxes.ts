import type { CallSyntax } from "../../core/output-format.js";
import { apriel } from "./families/apriel.js";
import { bareJson } from "./families/bare-json.js";
import type { CallFamily } from "./families/call-family.js";
import { commandR } from "./families/command-r.js";
import { deepseekV3 } from "./families/deepseek-v3.js";
import { deepseekV31 } from "./families/deepseek-v31.js";
import { firefunction } from "./families/firefunction.js";
import { functionary31 } from "./families/functionary-31.js";
import { granite3 } from "./families/granite-3.js";
import { harmony } from "./families/harmony.js";
import { hermes } from "./families/hermes.js";
import { kimiK2 } from "./families/kimi-k2.js";
import { llama3 } from "./families/llama-3.js";
import { mistral } from "./families/mistral.js";
import { mistralNamed } from "./families/mistral-named.js";
import { phi4Mini } from "./families/phi-4-mini.js";

/** All families of models, from the one with the most specific markup on. */
export const CALL_FAMILIES: readonly CallFamily[] = [
  harmony,
  deepseekV3,
  deepseekV31,
  kimiK2,
  commandR,
  mistralNamed,
  mistral,
  phi4Mini,
  granite3,
  apriel,
  hermes,
  functionary31,
  firefunction,
  llama3,
  bareJson,
];

/** The call syntaxes of each family whose markup the template contains, from the most specific family on. */
export function callFamilies(source: string): readonly (readonly CallSyntax[])[] {
  const fits = ({ markup }: CallFamily): boolean =>
    markup.some((group) => group.every((text) => source.includes(text)));
  return CALL_FAMILIES.filter(fits).map(({ syntaxes }) => Object.values(syntaxes));
}
