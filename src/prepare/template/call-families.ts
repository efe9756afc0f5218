import { callSyntaxes } from "./call-syntaxes.js";
import type { CallSyntax } from "../../core/output-format.js";

/** Markup that gives away what calls look like, the most telling first, and the syntaxes of such models, the one that the template shows them first. */
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

/** What calls look like by the markup of a template's source: several guesses, most telling first. */
export function callFamilies(source: string): readonly (readonly CallSyntax[])[] {
  return FAMILIES.filter(({ markup }) => markup.every((text) => source.includes(text))).map(({ syntaxes }) => syntaxes);
}
