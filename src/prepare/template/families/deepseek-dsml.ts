import type { ParameterCalls } from "../../../core/call-syntax.js";
import type { CallFamily } from "./call-family.js";

/** The mark between key and value tells whether the value is text. */
const body: ParameterCalls = {
  type: "parameters",
  begin: '<｜DSML｜invoke name="',
  middle: '">\n',
  parameter: {
    begin: '<｜DSML｜parameter name="',
    middles: [
      { mark: '" string="true">', types: ["string"] },
      { mark: '" string="false">', types: ["null", "boolean", "integer", "number", "array", "object"] },
    ],
    end: "</｜DSML｜parameter>\n",
  },
  close: "</｜DSML｜invoke>",
  end: "",
  separator: "\n",
};

export const deepseekV32 = {
  models: "DeepSeek V3.2",
  markup: [["｜DSML｜", "function_calls"]],
  syntaxes: {
    deepseek_v32: {
      sectionBegin: "<｜DSML｜function_calls>\n",
      sectionEnd: "\n</｜DSML｜function_calls>",
      body,
    },
  },
} as const satisfies CallFamily;

export const deepseekV4 = {
  models: "DeepSeek V4",
  markup: [["｜DSML｜", "tool_calls"]],
  syntaxes: {
    deepseek_v4: { sectionBegin: "<｜DSML｜tool_calls>\n", sectionEnd: "\n</｜DSML｜tool_calls>", body },
  },
} as const satisfies CallFamily;
