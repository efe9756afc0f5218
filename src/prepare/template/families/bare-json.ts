import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

/** A JSON object without marks. Models without a form of their own write it in place of the tool block's tags. */
export const bareJson = {
  models: "models that get the tool block",
  markup: [],
  syntaxes: {
    json: {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "object",
        begin: "",
        end: "",
        separator: "\n",
        keys: { ...PLAIN_KEYS, arguments: ["arguments", "parameters", "args"] },
      },
    },
  },
} as const satisfies CallFamily;
