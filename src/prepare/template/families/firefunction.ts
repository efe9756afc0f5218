import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

export const firefunction = {
  models: "FireFunction v2",
  markup: [["functools["]],
  syntaxes: {
    firefunction: { sectionBegin: "functools", sectionEnd: "", body: { type: "array", keys: PLAIN_KEYS } },
  },
} as const satisfies CallFamily;
