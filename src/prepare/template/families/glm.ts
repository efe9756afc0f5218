import type { CallFamily } from "./call-family.js";

/** Some of the models put each mark on a line of its own, and others write none. */
export const glm = {
  models: "GLM 4.5, 4.6 and 4.7, Ling 3, Laguna, Spark 2.5",
  markup: [["<arg_key>", "<arg_value>"]],
  syntaxes: {
    glm: {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "parameters",
        begin: "<tool_call>",
        middle: "\n",
        parameter: {
          begin: "<arg_key>",
          middles: [{ mark: "</arg_key>\n<arg_value>" }, { mark: "</arg_key><arg_value>" }],
          end: "</arg_value>\n",
        },
        close: "</tool_call>",
        end: "",
        separator: "\n",
      },
    },
  },
} as const satisfies CallFamily;
