import type { CallSyntax } from "../../core/call-syntax.js";
import type { AnswerFrames, CallFamily } from "./families/call-family.js";
import { apertus } from "./families/apertus.js";
import { apriel } from "./families/apriel.js";
import { bareJson } from "./families/bare-json.js";
import { commandRPlus } from "./families/command-r-plus.js";
import { commandR } from "./families/command-r.js";
import { deepseekV32, deepseekV4 } from "./families/deepseek-dsml.js";
import { deepseekV3 } from "./families/deepseek-v3.js";
import { deepseekV31 } from "./families/deepseek-v31.js";
import { firefunction } from "./families/firefunction.js";
import { functionary31 } from "./families/functionary-31.js";
import { functionary32, functionary32Frames } from "./families/functionary-32.js";
import { gemma4 } from "./families/gemma-4.js";
import { gigachat31, gigachat3 } from "./families/gigachat.js";
import { glm } from "./families/glm.js";
import { granite3 } from "./families/granite-3.js";
import { harmony } from "./families/harmony.js";
import { hermes } from "./families/hermes.js";
import { hunyuan3 } from "./families/hunyuan-3.js";
import { hunyuan } from "./families/hunyuan.js";
import { internlm2 } from "./families/internlm-2.js";
import { kimiK2 } from "./families/kimi-k2.js";
import { kimiK3 } from "./families/kimi-k3.js";
import { lfm2 } from "./families/lfm2.js";
import { llama3 } from "./families/llama-3.js";
import { minicpm5 } from "./families/minicpm-5.js";
import { minimaxM1 } from "./families/minimax-m1.js";
import { minimaxM2 } from "./families/minimax-m2.js";
import { mistralNamed } from "./families/mistral-named.js";
import { mistral } from "./families/mistral.js";
import { muse, museFrames } from "./families/muse.js";
import { nemotron2 } from "./families/nemotron-2.js";
import { phi4Mini } from "./families/phi-4-mini.js";
import { pythonic, olmo3 } from "./families/pythonic.js";
import { qwen3Coder } from "./families/qwen3-coder.js";
import { seedOss } from "./families/seed-oss.js";
import { solarOpen } from "./families/solar-open.js";
import { step3 } from "./families/step-3.js";

/** All families of models, from the one with the most specific markup on. */
export const CALL_FAMILIES: readonly CallFamily[] = [
  harmony,
  muse,
  deepseekV3,
  deepseekV31,
  deepseekV32,
  deepseekV4,
  kimiK2,
  kimiK3,
  commandR,
  commandRPlus,
  mistralNamed,
  mistral,
  phi4Mini,
  granite3,
  apertus,
  nemotron2,
  solarOpen,
  gemma4,
  gigachat31,
  gigachat3,
  step3,
  internlm2,
  minimaxM2,
  minicpm5,
  seedOss,
  qwen3Coder,
  hunyuan3,
  hunyuan,
  glm,
  apriel,
  minimaxM1,
  lfm2,
  olmo3,
  functionary32,
  hermes,
  functionary31,
  firefunction,
  pythonic,
  llama3,
  bareJson,
];

/** The call syntaxes of each family whose markup the template contains, from the most specific family on. */
export function callFamilies(source: string): readonly (readonly CallSyntax[])[] {
  return CALL_FAMILIES.filter((family) => fits(family, source)).map(({ syntaxes }) => Object.values(syntaxes));
}

function fits({ markup }: CallFamily, source: string): boolean {
  return markup.some((group) => group.every((text) => source.includes(text)));
}

/** The frames of the answers of families that begin each answer with the end of the prompt. */
const OPENED: readonly (readonly [CallFamily, AnswerFrames])[] = [
  [functionary32, functionary32Frames],
  [muse, museFrames],
];

/** The frames of a template's answers. undefined means that answers begin after the prompt. */
export function openedFrames(source: string): AnswerFrames | undefined {
  return OPENED.find(([family]) => fits(family, source))?.[1];
}
