import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

export const apriel = {
  models: "Apriel 1.5 and 1.6, Jamba",
  markup: [["<tool_calls>"]],
  syntaxes: {
    apriel: {
      sectionBegin: "<tool_calls>",
      sectionEnd: "</tool_calls>",
      body: { type: "array", keys: { ...PLAIN_KEYS, id: "id" } },
    },
  },
} as const satisfies CallFamily;
