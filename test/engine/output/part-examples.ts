import type { OutputFormat } from "../../../src/core/output-format.js";
import { museFrames } from "../../../src/prepare/template/families/muse.js";
import { answer, call, type Read, reasoning } from "./read-output.js";

/** An output in a known syntax, and what it is read as. */
export interface KnownExample {
  readonly of: string;
  readonly what: string;
  readonly output: string;
  readonly is: Read[];
  readonly changes?: Partial<OutputFormat>;
}

const typed: Partial<OutputFormat> = {
  parameterTypes: {
    get: { code: ["string"], days: ["integer"], deep: ["object"], isOn: ["boolean"] },
    get_time: { zone: ["string"] },
  },
};
const zone = '{"zone": "Europe/Zürich"}';
const time = call("id 1", "get_time", zone);
const deep = '{"code": "if a < b:\\n  \\"x\\"", "days": 3, "deep": {"a": [1, "x"], "b": null}, "isOn": true}';
const code = 'if a < b:\n  "x"';
const both: Read[] = [time, call("id 2", "get", deep)];

/** Outputs in the syntaxes that do not write arguments as one JSON object, or that frame it in a way of their own. */
export const PART_EXAMPLES: readonly KnownExample[] = [
  {
    of: "qwen3_coder",
    what: "parameters on lines of their own after text, and Python's words",
    output:
      "I look.\n\n<tool_call>\n<function=get_time>\n<parameter=zone>\nEurope/Zürich\n</parameter>\n</function>\n</tool_call>\n" +
      `<tool_call>\n<function=get>\n<parameter=code>\n${code}\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=deep>\n` +
      "{'a': [1, 'x'], 'b': None}\n</parameter>\n<parameter=isOn>\nTrue\n</parameter>\n</function>\n</tool_call>",
    is: [answer("I look.\n\n"), ...both],
    changes: typed,
  },
  {
    of: "qwen3_coder",
    what: "a call without its outer tag, and a text with new lines at its ends",
    output: "<function=get>\n<parameter=code>\n\n  a\n\n</parameter>\n</function>",
    is: [call("id 1", "get", '{"code": "\\n  a\\n"}')],
    changes: typed,
  },
  {
    of: "seed_oss",
    what: "parameters between tags of its own",
    output:
      "<seed:tool_call>\n<function=get_time>\n<parameter=zone>Europe/Zürich</parameter>\n</function>\n</seed:tool_call>",
    is: [time],
    changes: typed,
  },
  {
    of: "glm",
    what: "keys and values, with and without new lines",
    output:
      "<think>Well.</think><tool_call>get_time\n<arg_key>zone</arg_key>\n<arg_value>Europe/Zürich</arg_value>\n</tool_call>\n" +
      `<tool_call>get<arg_key>code</arg_key><arg_value>${code}</arg_value><arg_key>days</arg_key><arg_value>3</arg_value>` +
      '<arg_key>deep</arg_key><arg_value>{"a": [1, "x"], "b": null}</arg_value><arg_key>isOn</arg_key><arg_value>true</arg_value></tool_call>',
    is: [reasoning("Well."), ...both],
    changes: typed,
  },
  {
    of: "glm",
    what: "a call without arguments",
    output: "<tool_call>get\n</tool_call>",
    is: [call("id 1", "get", "{}")],
  },
  {
    of: "hunyuan_3",
    what: "keys and values between marks with a suffix",
    output:
      "<tool_calls:opensource>\n<tool_call:opensource>get_time<tool_sep:opensource>\n<arg_key:opensource>zone</arg_key:opensource>\n" +
      "<arg_value:opensource>Europe/Zürich</arg_value:opensource>\n</tool_call:opensource>\n</tool_calls:opensource>",
    is: [time],
    changes: typed,
  },
  {
    of: "hunyuan",
    what: "fenced arguments",
    output: `<tool_calls>\n<tool_call>get_time\n\`\`\`json\n${zone}\n\`\`\`</tool_call>\n</tool_calls>`,
    is: [time],
  },
  {
    of: "minimax_m1",
    what: "objects on lines of their own",
    output: `<tool_calls>\n{"name": "get_time", "arguments": ${zone}}\n{"name": "get", "arguments": {}}\n</tool_calls>`,
    is: [time, call("id 2", "get", "{}")],
  },
  {
    of: "minimax_m2",
    what: "parameters in attributes",
    output:
      '<minimax:tool_call>\n<invoke name="get_time">\n<parameter name="zone">Europe/Zürich</parameter>\n</invoke>\n' +
      '<invoke name="get">\n</invoke>\n</minimax:tool_call>',
    is: [time, call("id 2", "get", "{}")],
    changes: typed,
  },
  ...(["function_calls", "tool_calls"] as const).map((section, index) => ({
    of: index === 0 ? "deepseek_v32" : "deepseek_v4",
    what: "values that say whether they are text",
    output:
      `\n\n<｜DSML｜${section}>\n<｜DSML｜invoke name="get">\n<｜DSML｜parameter name="a" string="true">3</｜DSML｜parameter>\n` +
      `<｜DSML｜parameter name="b" string="false">3</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜${section}>`,
    is: [call("id 1", "get", '{"a": "3", "b": 3}')],
  })),
  {
    of: "kimi_k3",
    what: "values with their types",
    output:
      '<|open|>tools<|sep|><|open|>call tool="get" index="1"<|sep|><|open|>argument key="a" type="string"<|sep|>3<|close|>argument<|sep|>' +
      '<|open|>argument key="b" type="number"<|sep|>3<|close|>argument<|sep|><|close|>call<|sep|>' +
      '<|open|>call tool="add-2" index="2"<|sep|><|close|>call<|sep|><|close|>tools<|sep|>',
    is: [call("id 1", "get", '{"a": "3", "b": 3}'), call("id 2", "add-2", "{}")],
  },
  {
    of: "apertus",
    what: "objects whose key is the name",
    output: `<|tools_prefix|>[{"get_time": ${zone}}, {"get": {"key":[1,{"a":null}]}}]<|tools_suffix|>`,
    is: [time, call("id 2", "get", '{"key":[1,{"a":null}]}')],
  },
  {
    of: "nemotron_2",
    what: "tags around an array",
    output: `<TOOLCALL>[{"name": "get_time", "arguments": ${zone}}]</TOOLCALL>`,
    is: [time],
  },
  {
    of: "gigachat_31",
    what: "a mark before an object",
    output: `So:<|function_call|>{"name": "get_time", "arguments": ${zone}}`,
    is: [answer("So:"), time],
  },
  {
    of: "gigachat_3",
    what: "a message of its own",
    output: `So:<|message_sep|>\n\nfunction call<|role_sep|>\n{"name": "get_time", "arguments": ${zone}}`,
    is: [answer("So:"), time],
  },
  {
    of: "lfm2",
    what: "calls as in Python",
    output:
      "<|tool_call_start|>[get_time(zone='Europe/Zürich'), " +
      `get(code='if a < b:\\n  "x"', days=3, deep={'a': [1, 'x'], 'b': None}, isOn=True)]<|tool_call_end|>Done.`,
    is: [...both, answer("Done.")],
  },
  {
    of: "pythonic",
    what: "calls as in Python without marks",
    output: '[get_time(zone="Europe/Zürich"), get()]',
    is: [time, call("id 2", "get", "{}")],
  },
  {
    of: "olmo_3",
    what: "calls as in Python on lines of their own",
    output: '<function_calls>\nget_time(zone="Europe/Zürich")\nget()\n</function_calls>',
    is: [time, call("id 2", "get", "{}")],
  },
  {
    of: "gemma_4",
    what: "names without quotes and texts between marks",
    output:
      '<|tool_call>call:get_time{zone:<|"|>Europe/Zürich<|"|>}<tool_call|><|tool_call>call:get{code:<|"|>' +
      `${code}<|"|>,days:3,deep:{a: [1, <|"|>x<|"|>], b: null},isOn:true}<tool_call|>`,
    is: [time, call("id 2", "get", deep.replace('{"a": [1, "x"], "b": null}', '{"a": [1, "x"], "b": null}'))],
  },
  {
    of: "solar_open",
    what: "ids before the names",
    output:
      `<|tool_calls|><|tool_call:begin|>abcdefgh0<|tool_call:name|>get_time<|tool_call:args|>${zone}<|tool_call:end|>` +
      "<|tool_call:begin|><|tool_call:name|>get<|tool_call:args|>{}<|tool_call:end|><|calls|>",
    is: [call("abcdefgh0", "get_time", zone), call("id 1", "get", "{}")],
  },
  ...["\n", " "].map((blank) => ({
    of: blank === "\n" ? "command_r_plus" : "command_r_plus_line",
    what: "a fenced list",
    output: `Action:${blank}\`\`\`json\n[\n    {\n        "tool_name": "get_time",\n        "parameters": ${zone}\n    }\n]\n\`\`\``,
    is: [time],
  })),
  {
    of: "functionary_32",
    what: "names after a mark",
    output: `>>>get_time\n${zone}>>>get\n{}`,
    is: [time, call("id 2", "get", "{}")],
  },
  {
    of: "functionary_32",
    what: "a name at the start, whose mark the prompt has",
    output: `get_time\n${zone}`,
    is: [time],
    changes: { frames: [">>>all\n"], opened: ">>>" },
  },
  {
    of: "functionary_32",
    what: "an answer, whose mark the prompt has, and a call after it",
    output: `all\nLet me see.>>>get_time\n${zone}`,
    is: [answer("Let me see."), time],
    changes: { frames: [">>>all\n"], opened: ">>>" },
  },
  {
    of: "functionary_32",
    what: "an answer without a name after the mark that the prompt has",
    output: "Hello",
    is: [answer("Hello")],
    changes: { frames: [">>>all\n"], opened: ">>>" },
  },
  {
    of: "muse",
    what: "calls whose recipient is the tool",
    output:
      '<|start|>assistant to=get_time<|message|><atem:function_calls>\n<atem:invoke name="get_time">\n<atem:parameter name="zone">' +
      "Europe/Zürich</atem:parameter>\n</atem:invoke>\n</atem:function_calls><|eom|>" +
      '<|start|>assistant to=get<|message|><atem:function_calls>\n<atem:invoke name="get">\n</atem:invoke>\n</atem:function_calls><|eot|>',
    is: [time, call("id 2", "get", "{}")],
    changes: { ...typed, frames: museFrames.frames },
  },
  {
    of: "step_3",
    what: "an invocation inside a call",
    output:
      '<｜tool_calls_begin｜>\n<｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="get_time">' +
      '<steptml:parameter name="zone">Europe/Zürich</steptml:parameter></steptml:invoke><｜tool_call_end｜>\n<｜tool_calls_end｜>',
    is: [time],
    changes: typed,
  },
  {
    of: "internlm_2",
    what: "an object between marks",
    output: `<|action_start|><|plugin|>\n{"name": "get_time", "parameters": ${zone}}<|action_end|>`,
    is: [time],
  },
  {
    of: "minicpm_5",
    what: "character data",
    output: `<function name="get_time"><param name="zone">Europe/Zürich</param></function>\n<function name="get"><param name="code"><![CDATA[</param>]]></param></function>`,
    is: [time, call("id 2", "get", '{"code": "</param>"}')],
    changes: typed,
  },
];
