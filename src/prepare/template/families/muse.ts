import type { AnswerFrames, CallFamily } from "./call-family.js";

/** The end of the prompt, at which every message of the model begins. */
const museOpened = "<|start|>assistant";

/** The recipient of the message is the tool, whose name the call repeats. */
export const muse = {
  models: "Muse Glimmer",
  markup: [["<atem:function_calls>"]],
  syntaxes: {
    muse: {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "parameters",
        begin: `${museOpened} to=`,
        otherBegins: ["to="],
        nameMark: '<|message|><atem:function_calls>\n<atem:invoke name="',
        middle: '">\n',
        parameter: { begin: '<atem:parameter name="', middles: [{ mark: '">' }], end: "</atem:parameter>\n" },
        close: "</atem:invoke>",
        end: "\n</atem:function_calls>",
        separator: "<|eom|>",
      },
    },
  },
} as const satisfies CallFamily;

/** The frames of its answers. */
export const museFrames: AnswerFrames = {
  promptEnd: museOpened,
  answerOpening: " to=user<|message|>",
  frames: [museOpened, `${museOpened} to=user<|message|>`, "to=user<|message|>", "<|eom|>", "<|eot|>"],
};
