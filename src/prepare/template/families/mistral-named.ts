import type { CallFamily } from "./call-family.js";

/** Mistral Small 3.2 writes `[CALL_ID]` and an id between the name and `[ARGS]`. */
export const mistralNamed = {
  models: "Mistral Small 3.2, Devstral, Ministral 3, Magistral",
  markup: [["[TOOL_CALLS]", "[ARGS]"]],
  syntaxes: {
    mistral_named: {
      sectionBegin: "",
      sectionEnd: "",
      body: { type: "named", begin: "[TOOL_CALLS]", idMark: "[CALL_ID]", middle: "[ARGS]", end: "", separator: "" },
    },
  },
} as const satisfies CallFamily;
