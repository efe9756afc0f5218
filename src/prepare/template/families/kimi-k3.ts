import type { JsonTypeName, ParameterMiddle } from "../../../core/call-syntax.js";
import type { AnswerFrames, CallFamily } from "./call-family.js";

const middle = (name: string, ...types: readonly JsonTypeName[]): ParameterMiddle => ({
  mark: `" type="${name}"<|sep|>`,
  types,
});

/** The mark between key and value tells the value's type. */
export const kimiK3 = {
  models: "Kimi K3",
  markup: [["<|open|>", "<|close|>", "<|sep|>"]],
  syntaxes: {
    kimi_k3: {
      sectionBegin: "<|open|>tools<|sep|>",
      sectionEnd: "<|close|>tools<|sep|>",
      body: {
        type: "parameters",
        begin: '<|open|>call tool="',
        idMark: '" index="',
        middle: '"<|sep|>',
        parameter: {
          begin: '<|open|>argument key="',
          middles: [
            middle("string", "string"),
            middle("number", "integer", "number"),
            middle("boolean", "boolean"),
            middle("object", "object"),
            middle("array", "array"),
            middle("null", "null"),
          ],
          end: "<|close|>argument<|sep|>",
        },
        close: "<|close|>call<|sep|>",
        end: "",
        separator: "",
      },
    },
  },
} as const satisfies CallFamily;

/** The frames of its answers. */
export const kimiK3Frames: AnswerFrames = {
  promptEnd: "",
  answerOpening: "<|open|>response<|sep|>",
  frames: ["<|open|>response<|sep|>", "<|close|>response<|sep|>", "<|close|>message<|sep|>", "<|end_of_msg|>"],
};
