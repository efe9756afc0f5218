import type { CallFamily } from "./call-family.js";

export const step3 = {
  models: "Step 3",
  markup: [["<steptml:invoke"]],
  syntaxes: {
    step_3: {
      sectionBegin: "<｜tool_calls_begin｜>\n",
      sectionEnd: "\n<｜tool_calls_end｜>",
      body: {
        type: "parameters",
        begin: '<｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="',
        middle: '">',
        parameter: { begin: '<steptml:parameter name="', middles: [{ mark: '">' }], end: "</steptml:parameter>" },
        close: "</steptml:invoke>",
        end: "<｜tool_call_end｜>",
        separator: "\n",
      },
    },
  },
} as const satisfies CallFamily;
