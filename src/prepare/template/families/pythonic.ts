import type { CallFamily } from "./call-family.js";
import { pythonCalls } from "./lfm2.js";

export const pythonic = {
  models: "Llama 4, ToolACE, Llama 3.2 with Python calls",
  markup: [["[func_name1(params_name1="], ["[func1(params_name="]],
  syntaxes: {
    pythonic: { sectionBegin: "", sectionEnd: "", body: pythonCalls },
  },
} as const satisfies CallFamily;

/** Each call stands on a line of its own. */
export const olmo3 = {
  models: "OLMo 3",
  markup: [["<function_calls>"]],
  syntaxes: {
    olmo_3: {
      sectionBegin: "<function_calls>\n",
      sectionEnd: "\n</function_calls>",
      body: { ...pythonCalls, isList: false, separator: "\n" },
    },
  },
} as const satisfies CallFamily;
