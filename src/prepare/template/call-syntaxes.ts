import type { CallKeys, CallSyntax } from "../../core/output-format.js";

const plainKeys: CallKeys = { name: "name", arguments: ["arguments"], id: undefined };

/** The ways to write calls that are known, by what they are called here. The first of the arguments' keys and every mark are what the model's template writes. */
export const callSyntaxes = {
  /** Hermes, Qwen 2.5 and 3, Granite 4, and what is taught to models whose template has no place for tools. */
  tool_call: {
    sectionBegin: "",
    sectionEnd: "",
    body: { type: "object", begin: "<tool_call>\n", end: "\n</tool_call>", separator: "\n", keys: plainKeys },
  },
  /** One JSON object and nothing else. */
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
  /** What Llama 3 writes, too. */
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
  /** Mistral up to Nemo and the first Small. The id is written after the arguments. */
  mistral: {
    sectionBegin: "[TOOL_CALLS]",
    sectionEnd: "",
    body: { type: "array", keys: { ...plainKeys, id: "id" } },
  },
  /** Devstral, Ministral 3. Mistral Small 3.2 writes `[CALL_ID]` and an id between name and `[ARGS]`. */
  mistral_named: {
    sectionBegin: "",
    sectionEnd: "",
    body: { type: "named", begin: "[TOOL_CALLS]", idMark: "[CALL_ID]", middle: "[ARGS]", end: "", separator: "" },
  },
  /** Command R7B, Command A. The id is a number that begins anew with each output. */
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
  /** What Granite 3 writes, too. */
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
  /** Kimi K2. Its ids, `functions.NAME:0`, are numbers that begin anew with each output. */
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
  /** gpt-oss. Whom a message is for is told before or after its channel. Its other marks are `harmonyFrames`. */
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

/** Frames of harmony's answers. Its reasoning lies between `<|channel|>analysis<|message|>` and `<|end|>`. */
export const harmonyFrames: readonly string[] = [
  "<|start|>assistant",
  "<|channel|>final<|message|>",
  "<|channel|>final <|constrain|>json<|message|>",
  "<|channel|>commentary<|message|>",
  "<|channel|>commentary to=assistant",
  "<|end|>",
  "<|return|>",
];
