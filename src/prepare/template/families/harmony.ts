import type { CallFamily } from "./call-family.js";

/** The recipient of a message comes before or after its channel. */
export const harmony = {
  models: "gpt-oss",
  markup: [["<|channel|>commentary"]],
  syntaxes: {
    harmony: {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "named",
        begin: "<|channel|>commentary to=functions.",
        otherBegins: ["<|channel|>analysis to=functions.", "to=functions."],
        middle: " <|constrain|>json<|message|>",
        otherMiddles: ["", "<|channel|>commentary", "<|channel|>analysis"].flatMap((channel) =>
          [" <|constrain|>json", " json", ""].map((type) => `${channel}${type}<|message|>`),
        ),
        end: "<|call|>",
        separator: "<|start|>assistant",
      },
    },
  },
} as const satisfies CallFamily;

/** The frames of harmony's answers. Its reasoning lies between `<|channel|>analysis<|message|>` and `<|end|>`. */
export const harmonyFrames: readonly string[] = [
  "<|start|>assistant",
  "<|channel|>final<|message|>",
  "<|channel|>final <|constrain|>json<|message|>",
  "<|channel|>commentary<|message|>",
  "<|channel|>commentary to=assistant",
  "<|end|>",
  "<|return|>",
];
