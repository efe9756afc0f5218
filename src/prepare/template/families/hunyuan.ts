import type { CallFamily } from "./call-family.js";

export const hunyuan = {
  models: "Hunyuan A13B, 4B and 7B",
  markup: [["<tool_calls>", "<tool_call>", "```json"]],
  syntaxes: {
    hunyuan: {
      sectionBegin: "<tool_calls>\n",
      sectionEnd: "\n</tool_calls>",
      body: {
        type: "named",
        begin: "<tool_call>",
        middle: "\n```json\n",
        end: "\n```</tool_call>",
        separator: "\n",
      },
    },
  },
} as const satisfies CallFamily;
