import { callSyntaxes } from "./call-syntaxes.js";
import type { CallSyntax, OutputFormat, ReasoningSyntax } from "../../core/output-format.js";
import type { ToolUse } from "../../core/conversation.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

/** The facts that determine the output format. */
export interface OutputFormatFacts {
  readonly reasoning: Omit<ReasoningSyntax, "endTokens"> | undefined;
  readonly frames: readonly string[];
  /** undefined means that the block of text describes the tools. */
  readonly calls: readonly CallSyntax[] | undefined;
  /** undefined means that the model may call nothing. */
  readonly tools: ToolUse | undefined;
  readonly vocabulary: Vocabulary;
}

/** Creates the output format. undefined means that all of the output is text. */
export function createOutputFormat({
  reasoning,
  frames,
  calls,
  tools,
  vocabulary,
}: OutputFormatFacts): OutputFormat | undefined {
  if (reasoning === undefined && frames.length === 0 && tools === undefined) return undefined;
  return {
    reasoning: reasoning && { ...reasoning, endTokens: tokenizeMarkup(reasoning.end, vocabulary) },
    calls: tools === undefined ? [] : withGeneric(calls),
    toolNames: tools === undefined ? [] : namesOf(tools),
    parallelCalls: tools?.parallel ?? false,
    // The main thread sets these bounds, since it knows the limits.
    maxCalls: Number.MAX_SAFE_INTEGER,
    maxArgumentBytes: Number.MAX_SAFE_INTEGER,
    ...(frames.length === 0 ? {} : { frames }),
  };
}

/** Models also write the tags when their template shows another syntax. Bare JSON counts as an answer unless it is the shown syntax. */
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
