import type { CallFamily } from "./call-family.js";

export const apertus = {
  models: "Apertus",
  markup: [["<|tools_prefix|>"]],
  syntaxes: {
    apertus: { sectionBegin: "<|tools_prefix|>", sectionEnd: "<|tools_suffix|>", body: { type: "keyed" } },
  },
} as const satisfies CallFamily;
