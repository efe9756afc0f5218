import type { LiteralCalls } from "../../../core/call-syntax.js";
import type { CallFamily } from "./call-family.js";

/** Calls of a function with named arguments, as in Python. */
export const pythonCalls: LiteralCalls = {
  type: "literal",
  begin: "",
  isList: true,
  open: "(",
  pair: "=",
  close: ")",
  end: "",
  separator: "",
  literals: { type: "python" },
};

/** Some templates show no mark of calls, and models write them as their text. */
export const lfm2 = {
  models: "LFM2, LFM 2.5",
  markup: [["<|tool_call_start|>"], ["<|tool_list_start|>"], ["List of tools: ["]],
  syntaxes: {
    lfm2: { sectionBegin: "<|tool_call_start|>", sectionEnd: "<|tool_call_end|>", body: pythonCalls },
  },
} as const satisfies CallFamily;
