import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

export const phi4Mini = {
  models: "Phi 4 mini",
  markup: [["<|/tool_call|>"]],
  syntaxes: {
    phi4_mini: {
      sectionBegin: "<|tool_call|>",
      sectionEnd: "<|/tool_call|>",
      body: { type: "array", keys: PLAIN_KEYS },
    },
  },
} as const satisfies CallFamily;
