import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

/** The id comes after the arguments. */
export const mistral = {
  models: "Mistral up to Nemo and the first Small",
  markup: [["[TOOL_CALLS]"]],
  syntaxes: {
    mistral: {
      sectionBegin: "[TOOL_CALLS]",
      sectionEnd: "",
      body: { type: "array", keys: { ...PLAIN_KEYS, id: "id" } },
    },
  },
} as const satisfies CallFamily;
