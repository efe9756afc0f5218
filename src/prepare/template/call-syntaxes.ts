import type { CallKeys, CallSyntax } from "../../core/output-format.js";
import type { ToolCall } from "../../core/conversation.js";

const plainKeys: CallKeys = { name: "name", arguments: ["arguments"], id: undefined };

/** The known ways to write calls, by name. The first of the arguments' keys and every mark are those that the model's template writes. */
export const callSyntaxes = {
  /** Hermes, Qwen 2.5 and 3, Granite 4, and the models that get their tools in a block of text. */
  tool_call: {
    sectionBegin: "",
    sectionEnd: "",
    body: { type: "object", begin: "<tool_call>\n", end: "\n</tool_call>", separator: "\n", keys: plainKeys },
  },
  /** A JSON object without marks. */
  json: {
    sectionBegin: "",
    sectionEnd: "",
    body: {
      type: "object",
      begin: "",
      end: "",
      separator: "\n",
      keys: { name: "name", arguments: ["arguments", "parameters", "args"], id: undefined },
    },
  },
  /** Llama 3.1, 3.2 and 3.3. */
  llama3: {
    sectionBegin: "",
    sectionEnd: "",
    body: {
      type: "object",
      begin: "",
      end: "",
      separator: "; ",
      keys: { ...plainKeys, arguments: ["parameters", "arguments"] },
    },
  },
  /** The other way of Llama 3. */
  llama3_python_tag: {
    sectionBegin: "<|python_tag|>",
    sectionEnd: "",
    body: {
      type: "object",
      begin: "",
      end: "",
      separator: "; ",
      keys: { ...plainKeys, arguments: ["parameters", "arguments"] },
    },
  },
  /** Mistral up to Nemo and the first Small. The id comes after the arguments. */
  mistral: {
    sectionBegin: "[TOOL_CALLS]",
    sectionEnd: "",
    body: { type: "array", keys: { ...plainKeys, id: "id" } },
  },
  /** Devstral and Ministral 3. Mistral Small 3.2 writes `[CALL_ID]` and an id between the name and `[ARGS]`. */
  mistral_named: {
    sectionBegin: "",
    sectionEnd: "",
    body: { type: "named", begin: "[TOOL_CALLS]", idMark: "[CALL_ID]", middle: "[ARGS]", end: "", separator: "" },
  },
  /** Command R7B and Command A. The id is a number that starts anew with each output. */
  command_r: {
    sectionBegin: "<|START_ACTION|>",
    sectionEnd: "<|END_ACTION|>",
    body: { type: "array", keys: { name: "tool_name", arguments: ["parameters"], id: "tool_call_id" } },
  },
  /** DeepSeek V3 and R1. */
  deepseek_v3: {
    sectionBegin: "<｜tool▁calls▁begin｜>",
    sectionEnd: "<｜tool▁calls▁end｜>",
    body: {
      type: "named",
      begin: "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
      middle: "\n```json\n",
      end: "\n```<｜tool▁call▁end｜>",
      separator: "\n",
    },
  },
  /** DeepSeek V3.1. */
  deepseek_v31: {
    sectionBegin: "<｜tool▁calls▁begin｜>",
    sectionEnd: "<｜tool▁calls▁end｜>",
    body: {
      type: "named",
      begin: "<｜tool▁call▁begin｜>",
      middle: "<｜tool▁sep｜>",
      end: "<｜tool▁call▁end｜>",
      separator: "",
    },
  },
  /** Granite 3. */
  granite: {
    sectionBegin: "<|tool_call|>",
    sectionEnd: "",
    body: { type: "array", keys: plainKeys },
  },
  /** The other way of Granite 3. */
  granite_tag: {
    sectionBegin: "<tool_call>",
    sectionEnd: "</tool_call>",
    body: { type: "array", keys: plainKeys },
  },
  /** Functionary 3.1. */
  functionary: {
    sectionBegin: "",
    sectionEnd: "",
    body: { type: "named", begin: "<function=", middle: ">", end: "</function>", separator: "" },
  },
  /** Phi 4 mini. */
  phi4_mini: {
    sectionBegin: "<|tool_call|>",
    sectionEnd: "<|/tool_call|>",
    body: { type: "array", keys: plainKeys },
  },
  /** Apriel 1.5. */
  apriel: {
    sectionBegin: "<tool_calls>",
    sectionEnd: "</tool_calls>",
    body: { type: "array", keys: { ...plainKeys, id: "id" } },
  },
  /** FireFunction v2. */
  firefunction: {
    sectionBegin: "functools",
    sectionEnd: "",
    body: { type: "array", keys: plainKeys },
  },
  /** Kimi K2. The number in its ids, such as `functions.NAME:0`, starts anew with each output. */
  kimi_k2: {
    sectionBegin: "<|tool_calls_section_begin|>",
    sectionEnd: "<|tool_calls_section_end|>",
    body: {
      type: "named",
      begin: "<|tool_call_begin|>functions.",
      idMark: ":",
      middle: "<|tool_call_argument_begin|>",
      end: "<|tool_call_end|>",
      separator: "",
    },
  },
  /** gpt-oss. The recipient of a message comes before or after its channel. Its other marks are `harmonyFrames`. */
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
} as const satisfies Readonly<Record<string, CallSyntax>>;

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

/** The markup that identifies each family of models, from the most specific on, and the family's syntaxes, of which its template shows the first. */
const FAMILIES: readonly { readonly markup: readonly string[]; readonly syntaxes: readonly CallSyntax[] }[] = [
  { markup: ["<|channel|>commentary"], syntaxes: [callSyntaxes.harmony] },
  { markup: ["<｜tool▁calls▁begin｜>", "```json"], syntaxes: [callSyntaxes.deepseek_v3] },
  { markup: ["<｜tool▁calls▁begin｜>"], syntaxes: [callSyntaxes.deepseek_v31] },
  { markup: ["<|tool_calls_section_begin|>"], syntaxes: [callSyntaxes.kimi_k2] },
  { markup: ["<|START_ACTION|>"], syntaxes: [callSyntaxes.command_r] },
  { markup: ["[TOOL_CALLS]", "[ARGS]"], syntaxes: [callSyntaxes.mistral_named] },
  { markup: ["[TOOL_CALLS]"], syntaxes: [callSyntaxes.mistral] },
  { markup: ["<|/tool_call|>"], syntaxes: [callSyntaxes.phi4_mini] },
  { markup: ["<|tool_call|>"], syntaxes: [callSyntaxes.granite, callSyntaxes.granite_tag] },
  { markup: ["<tool_calls>"], syntaxes: [callSyntaxes.apriel] },
  { markup: ["<tool_call>"], syntaxes: [callSyntaxes.tool_call] },
  { markup: ["<function="], syntaxes: [callSyntaxes.functionary] },
  { markup: ["functools["], syntaxes: [callSyntaxes.firefunction] },
  { markup: ['"parameters": '], syntaxes: [callSyntaxes.llama3, callSyntaxes.llama3_python_tag] },
];

/** The call syntaxes of each family whose markup the template contains, from the most specific family on. */
export function callFamilies(source: string): readonly (readonly CallSyntax[])[] {
  return FAMILIES.filter(({ markup }) => markup.every((text) => source.includes(text))).map(({ syntaxes }) => syntaxes);
}

/** Writes calls as a model of this syntax does. `hide` is applied to everything that is not markup. */
export function writeCalls(calls: readonly ToolCall[], syntax: CallSyntax, hide: (text: string) => string): string {
  const { body } = syntax;
  const between = "separator" in body ? body.separator : ", ";
  const written = calls.map((call) => writeCall(call, body, hide)).join(between);
  const section = body.type === "array" ? `[${written}]` : written;
  return syntax.sectionBegin + section + syntax.sectionEnd;
}

function writeCall(call: ToolCall, body: CallSyntax["body"], hide: (text: string) => string): string {
  if (body.type === "named") return body.begin + hide(call.name) + body.middle + hide(call.arguments) + body.end;
  const { keys } = body;
  const name = `${JSON.stringify(keys.name)}: ${hide(JSON.stringify(call.name))}`;
  const values = `${JSON.stringify(keys.arguments[0])}: ${hide(call.arguments)}`;
  const object = `{${name}, ${values}}`;
  return body.type === "array" ? object : body.begin + object + body.end;
}

/** A call with one string argument, whose words appear nowhere else. */
export interface ProbedCall {
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

/** Whether a rendered conversation contains the call in this syntax, with any white space. */
export function showsCall(rendered: string, { sectionBegin, body }: CallSyntax, call: ProbedCall): boolean {
  const name = escapePattern(call.name);
  const values = `\\{\\s*"${escapePattern(call.key)}"\\s*:\\s*"${escapePattern(call.value)}"\\s*\\}`;
  if (body.type === "named") {
    // Some templates write an id between the name and the arguments.
    const begin = anyOf(body.begin, body.otherBegins);
    const middle = anyOf(body.middle, body.otherMiddles);
    const pattern = `${begin}\\s*${name}[^{]*?${middle}\\s*${values}\\s*${trimmed(body.end)}`;
    return new RegExp(pattern).test(rendered);
  }
  const { keys } = body;
  const valuesKey = keys.arguments.map(escapePattern).join("|");
  const members = `"${escapePattern(keys.name)}"\\s*:\\s*"${name}"[^{}]*"(?:${valuesKey})"\\s*:\\s*${values}[^{}]*`;
  const object = `\\{[^{}]*${members}\\}`;
  const pattern =
    body.type === "array"
      ? `${trimmed(sectionBegin)}\\s*\\[[^]*?${object}`
      : `${trimmed(body.begin)}\\s*${object}\\s*${trimmed(body.end)}`;
  return new RegExp(pattern).test(rendered);
}

function anyOf(first: string, others: readonly string[] = []): string {
  return `(?:${[first, ...others].map(trimmed).join("|")})`;
}

function trimmed(markup: string): string {
  return escapePattern(markup.trim());
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
