import type { CallFamily } from "./call-family.js";

export const functionary31 = {
  models: "Functionary 3.1",
  markup: [["<function="]],
  syntaxes: {
    functionary: {
      sectionBegin: "",
      sectionEnd: "",
      body: { type: "named", begin: "<function=", middle: ">", end: "</function>", separator: "" },
    },
  },
} as const satisfies CallFamily;
