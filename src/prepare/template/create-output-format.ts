import { callSyntaxes } from "./call-syntaxes.js";
import type { CallSyntax, OutputFormat, ReasoningSyntax } from "../../core/output-format.js";
import type { ToolUse } from "../../core/tool.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

/** What a template found out about the output. */
export interface OutputMarkup {
  readonly reasoning: Omit<ReasoningSyntax, "endTokens"> | undefined;
  readonly frames: readonly string[];
  /** undefined: tools were told by the block. */
  readonly calls: readonly CallSyntax[] | undefined;
  /** undefined: nothing may be called. */
  readonly tools: ToolUse | undefined;
  readonly vocabulary: Vocabulary;
}

/** undefined: the output is text, all of it. */
export function createOutputFormat({
  reasoning,
  frames,
  calls,
  tools,
  vocabulary,
}: OutputMarkup): OutputFormat | undefined {
  if (reasoning === undefined && frames.length === 0 && tools === undefined) return undefined;
  return {
    reasoning: reasoning && { ...reasoning, endTokens: tokenizeMarkup(reasoning.end, vocabulary) },
    calls: tools === undefined ? [] : withGeneric(calls),
    toolNames: tools === undefined ? [] : namesOf(tools),
    parallelCalls: tools?.parallel ?? false,
    // What is taken of the output at most is bounded where the limits are known.
    maxCalls: Number.MAX_SAFE_INTEGER,
    maxArgumentBytes: Number.MAX_SAFE_INTEGER,
    ...(frames.length === 0 ? {} : { frames }),
  };
}

/** Models write tags also where they were shown something else. Bare JSON is an answer, unless it is what they were shown. */
function withGeneric(calls: readonly CallSyntax[] | undefined): readonly CallSyntax[] {
  const { tool_call: tagged, json } = callSyntaxes;
  if (calls === undefined) return [tagged, json];
  return calls.includes(tagged) ? calls : [...calls, tagged];
}

function namesOf({ tools, choice }: ToolUse): readonly string[] {
  return choice.type === "named" ? [choice.name] : tools.map(({ name }) => name);
}

function tokenizeMarkup(text: string, vocabulary: Vocabulary): number[] {
  return vocabulary.controlTexts
    .split(text)
    .flatMap((fragment) => (typeof fragment === "number" ? [fragment] : vocabulary.tokenize(fragment)));
}
