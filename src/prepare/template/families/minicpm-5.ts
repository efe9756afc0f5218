import type { CallFamily } from "./call-family.js";

/** A text that would end its parameter stands between the marks of character data. */
export const minicpm5 = {
  models: "MiniCPM 5",
  markup: [['<function name="', '<param name="']],
  syntaxes: {
    minicpm_5: {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "parameters",
        begin: '<function name="',
        middle: '">',
        parameter: {
          begin: '<param name="',
          middles: [{ mark: '">' }],
          end: "</param>",
          quotes: ["<![CDATA[", "]]>"],
        },
        close: "</function>",
        end: "",
        separator: "\n",
      },
    },
  },
} as const satisfies CallFamily;
