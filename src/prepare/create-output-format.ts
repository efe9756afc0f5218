import type { CallSyntax, OutputFormat, ReasoningSyntax } from "../core/output-format.js";
import type { ToolUse } from "../core/tool.js";
import { BARE_CALLS, TAGGED_CALLS } from "./call-families.js";
import type { Vocabulary } from "./vocabulary.js";

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
    ...(frames.length === 0 ? {} : { frames }),
  };
}

/** Models write tags also where they were shown something else. Bare JSON is an answer, unless it is what they were shown. */
function withGeneric(calls: readonly CallSyntax[] | undefined): readonly CallSyntax[] {
  if (calls === undefined) return [TAGGED_CALLS, BARE_CALLS];
  return calls.includes(TAGGED_CALLS) ? calls : [...calls, TAGGED_CALLS];
}

function namesOf({ tools, choice }: ToolUse): readonly string[] {
  return choice.type === "named" ? [choice.name] : tools.map(({ name }) => name);
}

function tokenizeMarkup(text: string, vocabulary: Vocabulary): number[] {
  return vocabulary.controlTexts
    .split(text)
    .flatMap((fragment) => (typeof fragment === "number" ? [fragment] : vocabulary.tokenize(fragment)));
}
