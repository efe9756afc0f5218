import type { CallFamily } from "./call-family.js";

/** The id is a number that starts anew with each output. */
export const commandR = {
  models: "Command R7B, Command A, Cohere 2 MoE",
  markup: [["<|START_ACTION|>"]],
  syntaxes: {
    command_r: {
      sectionBegin: "<|START_ACTION|>",
      sectionEnd: "<|END_ACTION|>",
      body: { type: "array", keys: { name: "tool_name", arguments: ["parameters"], id: "tool_call_id" } },
    },
  },
} as const satisfies CallFamily;
