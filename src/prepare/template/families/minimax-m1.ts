import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

export const minimaxM1 = {
  models: "MiniMax M1",
  markup: [["<tool_calls>"]],
  syntaxes: {
    minimax_m1: {
      sectionBegin: "<tool_calls>\n",
      sectionEnd: "\n</tool_calls>",
      body: { type: "object", begin: "", end: "", separator: "\n", keys: PLAIN_KEYS },
    },
  },
} as const satisfies CallFamily;
