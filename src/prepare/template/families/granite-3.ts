import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

const body = { type: "array", keys: PLAIN_KEYS } as const;

export const granite3 = {
  models: "Granite 3",
  markup: [["<|tool_call|>"]],
  syntaxes: {
    granite: { sectionBegin: "<|tool_call|>", sectionEnd: "", body },
    granite_tag: { sectionBegin: "<tool_call>", sectionEnd: "</tool_call>", body },
  },
} as const satisfies CallFamily;
