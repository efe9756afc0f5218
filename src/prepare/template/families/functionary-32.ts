import type { AnswerFrames, CallFamily } from "./call-family.js";

/** The prompt ends with the mark that opens the first call or the answer. */
export const functionary32 = {
  models: "Functionary 3.2",
  markup: [[">>>all"]],
  syntaxes: {
    functionary_32: {
      sectionBegin: "",
      sectionEnd: "",
      body: { type: "named", begin: ">>>", middle: "\n", end: "", separator: "" },
    },
  },
} as const satisfies CallFamily;

/** The frames of its answers, whose recipient is all. */
export const functionary32Frames: AnswerFrames = { promptEnd: ">>>", answerOpening: "all\n", frames: [">>>all\n"] };
