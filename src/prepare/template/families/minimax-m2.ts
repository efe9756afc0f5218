import type { CallFamily } from "./call-family.js";

export const minimaxM2 = {
  models: "MiniMax M2",
  markup: [["<invoke name=", "minimax:tool_call"]],
  syntaxes: {
    minimax_m2: {
      sectionBegin: "<minimax:tool_call>\n",
      sectionEnd: "\n</minimax:tool_call>",
      body: {
        type: "parameters",
        begin: '<invoke name="',
        middle: '">\n',
        parameter: { begin: '<parameter name="', middles: [{ mark: '">' }], end: "</parameter>\n" },
        close: "</invoke>",
        end: "",
        separator: "\n",
      },
    },
  },
} as const satisfies CallFamily;
