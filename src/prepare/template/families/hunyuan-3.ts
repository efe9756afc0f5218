import type { CallFamily } from "./call-family.js";

/** The template forms its marks of a word and this suffix. */
const tag = (name: string): string => `<${name}:opensource>`;

export const hunyuan3 = {
  models: "Hunyuan 3 (Hy3)",
  markup: [["<tool_calls{}>", "<arg_key{}>"], ["<tool_calls:opensource>"]],
  syntaxes: {
    hunyuan_3: {
      sectionBegin: `${tag("tool_calls")}\n`,
      sectionEnd: `\n${tag("/tool_calls")}`,
      body: {
        type: "parameters",
        begin: tag("tool_call"),
        middle: `${tag("tool_sep")}\n`,
        parameter: {
          begin: tag("arg_key"),
          middles: [{ mark: `${tag("/arg_key")}\n${tag("arg_value")}` }, { mark: tag("/arg_key") + tag("arg_value") }],
          end: `${tag("/arg_value")}\n`,
        },
        close: tag("/tool_call"),
        end: "",
        separator: "\n",
      },
    },
  },
} as const satisfies CallFamily;
