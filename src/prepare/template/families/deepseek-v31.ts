import type { CallFamily } from "./call-family.js";

export const deepseekV31 = {
  models: "DeepSeek V3.1",
  markup: [["<｜tool▁calls▁begin｜>"]],
  syntaxes: {
    deepseek_v31: {
      sectionBegin: "<｜tool▁calls▁begin｜>",
      sectionEnd: "<｜tool▁calls▁end｜>",
      body: {
        type: "named",
        begin: "<｜tool▁call▁begin｜>",
        middle: "<｜tool▁sep｜>",
        end: "<｜tool▁call▁end｜>",
        separator: "",
      },
    },
  },
} as const satisfies CallFamily;
