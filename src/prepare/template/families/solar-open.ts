import type { AnswerFrames, CallFamily } from "./call-family.js";

/** An id comes before the name. */
export const solarOpen = {
  models: "Solar Open",
  markup: [["<|tool_call:begin|>"]],
  syntaxes: {
    solar_open: {
      sectionBegin: "<|tool_calls|>",
      sectionEnd: "<|calls|>",
      body: {
        type: "named",
        begin: "<|tool_call:begin|>",
        nameMark: "<|tool_call:name|>",
        middle: "<|tool_call:args|>",
        end: "<|tool_call:end|>",
        separator: "",
      },
    },
  },
} as const satisfies CallFamily;

/** The frames of its answers. */
export const solarOpenFrames: AnswerFrames = {
  promptEnd: "",
  answerOpening: "<|content|>",
  frames: ["<|begin|>assistant", "<|content|>", "<|end|>"],
};
