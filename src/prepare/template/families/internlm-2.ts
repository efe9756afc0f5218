import type { CallFamily } from "./call-family.js";

export const internlm2 = {
  models: "InternLM 2 and 2.5",
  markup: [["<|action_start|>"]],
  syntaxes: {
    internlm_2: {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "object",
        begin: "<|action_start|><|plugin|>\n",
        end: "<|action_end|>",
        separator: "\n",
        keys: { name: "name", arguments: ["parameters", "arguments"], id: undefined },
      },
    },
  },
} as const satisfies CallFamily;
