import type { CallFamily } from "./call-family.js";

/** Models leave the outer tag out at times. */
export const qwen3Coder = {
  models: "Qwen3-Coder, Qwen 3.5, Nemotron 3 Nano, Step 3.5",
  markup: [["<function=", "<parameter="]],
  syntaxes: {
    qwen3_coder: {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "parameters",
        begin: "<tool_call>\n<function=",
        otherBegins: ["<tool_call><function=", "<function="],
        middle: ">\n",
        parameter: { begin: "<parameter=", middles: [{ mark: ">\n" }], end: "\n</parameter>\n" },
        close: "</function>",
        end: "\n</tool_call>",
        separator: "\n",
      },
    },
  },
} as const satisfies CallFamily;
