import type { CallFamily } from "./call-family.js";

/** The number in the ids, such as `functions.NAME:0`, starts anew with each output. */
export const kimiK2 = {
  models: "Kimi K2",
  markup: [["<|tool_calls_section_begin|>"]],
  syntaxes: {
    kimi_k2: {
      sectionBegin: "<|tool_calls_section_begin|>",
      sectionEnd: "<|tool_calls_section_end|>",
      body: {
        type: "named",
        begin: "<|tool_call_begin|>functions.",
        idMark: ":",
        middle: "<|tool_call_argument_begin|>",
        end: "<|tool_call_end|>",
        separator: "",
      },
    },
  },
} as const satisfies CallFamily;
