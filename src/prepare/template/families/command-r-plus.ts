import type { CallFamily } from "./call-family.js";

const body = { type: "array", keys: { name: "tool_name", arguments: ["parameters"], id: undefined } } as const;

/** The model is told to write a list after `Action:`, with or without a new line before it. */
export const commandRPlus = {
  models: "Command R and R+",
  markup: [["Action:", "tool_name"]],
  syntaxes: {
    command_r_plus: { sectionBegin: "Action:\n```json\n", sectionEnd: "\n```", body },
    command_r_plus_line: { sectionBegin: "Action: ```json\n", sectionEnd: "\n```", body },
  },
} as const satisfies CallFamily;
