import type { CallFamily } from "./call-family.js";

export const gemma4 = {
  models: "Gemma 4",
  markup: [["<|tool_call>call:"]],
  syntaxes: {
    gemma_4: {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "literal",
        begin: "<|tool_call>call:",
        isList: false,
        open: "{",
        pair: ":",
        close: "}",
        end: "<tool_call|>",
        separator: "",
        literals: { type: "marked", quote: '<|"|>' },
      },
    },
  },
} as const satisfies CallFamily;
