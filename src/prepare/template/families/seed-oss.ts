import type { CallFamily } from "./call-family.js";

export const seedOss = {
  models: "Seed-OSS",
  markup: [["<seed:tool_call>"]],
  syntaxes: {
    seed_oss: {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "parameters",
        begin: "<seed:tool_call>\n<function=",
        otherBegins: ["<seed:tool_call><function="],
        middle: ">\n",
        parameter: { begin: "<parameter=", middles: [{ mark: ">" }], end: "</parameter>\n" },
        close: "</function>",
        end: "\n</seed:tool_call>",
        separator: "\n",
      },
    },
  },
} as const satisfies CallFamily;
