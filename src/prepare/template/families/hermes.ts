import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

/** The most usual form. The tool block describes it too. */
export const hermes = {
  models:
    "Hermes 2 and 3, Qwen 2.5 and 3, QwQ, Granite 4, SmolLM 3, MiMo, EXAONE 4, ERNIE 4.5, Ling 2, Bielik 3, Reka Edge",
  markup: [["<tool_call>"]],
  syntaxes: {
    tool_call: {
      sectionBegin: "",
      sectionEnd: "",
      body: { type: "object", begin: "<tool_call>\n", end: "\n</tool_call>", separator: "\n", keys: PLAIN_KEYS },
    },
  },
} as const satisfies CallFamily;
