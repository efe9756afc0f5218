import type { CallBody, CallKeys, CallSyntax } from "../core/output-format.js";

const KEYS: CallKeys = { name: "name", arguments: ["arguments", "parameters"], id: "id" };
const NO_SECTION = { sectionBegin: "", sectionEnd: "" };
const NEWLINES: CallBody = { type: "object", begin: "", end: "", separator: "\n", keys: KEYS };

/** What any model that was shown the block of tools writes, and many others. */
export const TAGGED_CALLS: CallSyntax = {
  ...NO_SECTION,
  body: { type: "object", begin: "<tool_call>", end: "</tool_call>", separator: "\n", keys: KEYS },
};

/** One object, bare, at the beginning of the answer. */
export const BARE_CALLS: CallSyntax = { ...NO_SECTION, body: NEWLINES };

/** The syntaxes of one family of models, the one that its template shows them first. */
interface CallFamily {
  /** All of them stand in the template's source. */
  readonly markup: readonly string[];
  readonly syntaxes: readonly CallSyntax[];
}

const bareParameters: CallSyntax = {
  ...NO_SECTION,
  body: { ...NEWLINES, keys: { ...KEYS, arguments: ["parameters", "arguments"] } },
};

const named = (begin: string, middle: string, end: string): CallBody => ({
  type: "named",
  begin,
  middle,
  end,
  separator: "\n",
});

/** Most telling first. */
const FAMILIES: readonly CallFamily[] = [
  {
    markup: ["<|channel|>commentary"],
    syntaxes: [
      {
        ...NO_SECTION,
        body: named("<|channel|>commentary to=functions.", " <|constrain|>json<|message|>", "<|call|>"),
      },
      { ...NO_SECTION, body: named(" to=functions.", "<|channel|>commentary json<|message|>", "<|call|>") },
    ],
  },
  {
    markup: ["<｜tool▁calls▁begin｜>", "```json"],
    syntaxes: [
      {
        sectionBegin: "<｜tool▁calls▁begin｜>",
        sectionEnd: "<｜tool▁calls▁end｜>",
        body: named("<｜tool▁call▁begin｜>function<｜tool▁sep｜>", "\n```json\n", "\n```<｜tool▁call▁end｜>"),
      },
    ],
  },
  {
    markup: ["<|START_ACTION|>"],
    syntaxes: [
      {
        sectionBegin: "<|START_ACTION|>",
        sectionEnd: "<|END_ACTION|>",
        body: { type: "array", keys: { name: "tool_name", arguments: ["parameters"], id: "tool_call_id" } },
      },
    ],
  },
  { markup: ["[TOOL_CALLS]", "[ARGS]"], syntaxes: [{ ...NO_SECTION, body: named("[TOOL_CALLS]", "[ARGS]", "") }] },
  {
    markup: ["[TOOL_CALLS]"],
    syntaxes: [{ sectionBegin: "[TOOL_CALLS]", sectionEnd: "", body: { type: "array", keys: KEYS } }],
  },
  {
    markup: ["<|tool_call|>"],
    syntaxes: [{ sectionBegin: "<|tool_call|>", sectionEnd: "", body: { type: "array", keys: KEYS } }],
  },
  {
    markup: ["<TOOLCALL>"],
    syntaxes: [{ sectionBegin: "<TOOLCALL>", sectionEnd: "</TOOLCALL>", body: { type: "array", keys: KEYS } }],
  },
  {
    markup: ["<tool_calls>"],
    syntaxes: [{ sectionBegin: "<tool_calls>\n", sectionEnd: "\n</tool_calls>", body: NEWLINES }],
  },
  { markup: ["<tool_call>"], syntaxes: [TAGGED_CALLS] },
  { markup: ["<function="], syntaxes: [{ ...NO_SECTION, body: named("<function=", ">", "</function>") }] },
  { markup: ['"parameters": '], syntaxes: [bareParameters] },
];

/** What calls look like by the markup of a template's source: several guesses, most telling first. */
export function callFamilies(source: string): readonly (readonly CallSyntax[])[] {
  return FAMILIES.filter(({ markup }) => markup.every((text) => source.includes(text))).map(({ syntaxes }) => syntaxes);
}
