import type { CallFamily } from "./call-family.js";

export const deepseekV3 = {
  models: "DeepSeek V3 and R1, and the R1 distillates",
  markup: [["<｜tool▁calls▁begin｜>", "```json"]],
  syntaxes: {
    deepseek_v3: {
      sectionBegin: "<｜tool▁calls▁begin｜>",
      sectionEnd: "<｜tool▁calls▁end｜>",
      body: {
        type: "named",
        begin: "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
        middle: "\n```json\n",
        end: "\n```<｜tool▁call▁end｜>",
        separator: "\n",
      },
    },
  },
} as const satisfies CallFamily;
