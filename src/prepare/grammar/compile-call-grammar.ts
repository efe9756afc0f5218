import { allowsParallelCalls, type ToolUse } from "../../core/conversation.js";
import type { CallSyntax } from "../../core/call-syntax.js";
import { callOpening, callsAfterOpening } from "./call-body-grammar.js";
import type { CompiledGrammar } from "./finish-grammar.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { EMPTY, ROOT_RULE, sequence, text } from "./rules/grammar-node.js";
import { addTools, finishCalls, freeingLargest, toolsIn } from "./tools-grammar.js";

interface CallGrammarOptions extends GrammarBounds {
  readonly strict?: boolean;
  /** The text at the end of the prompt with which the calls begin. Default: none. */
  readonly opened?: string | undefined;
}

/**
 * Compiles the grammar of one call, or of up to `bounds.calls` calls if the caller allows several. Each call names an allowed tool, and its arguments are
 * valid for that tool's parameters. The grammar leaves call ids out, since the server makes better ones than the model. This function and those that it
 * shares with the other grammars of tools yield between slices of work.
 * @throws GrammarProblem whose subfield is the tool's, such as `[2].parameters`
 */
export function* compileCallGrammar(
  use: ToolUse,
  syntax: CallSyntax,
  { strict = false, opened = "", ...bounds }: CallGrammarOptions,
): Generator<undefined, CompiledGrammar> {
  const strictness = strict ? "strict" : use.choice.type === "named" ? "restrictions" : "lenient";
  return yield* freeingLargest({ use, bounds, strictness }, function* (attempt) {
    const { book } = attempt;
    book.define(ROOT_RULE, EMPTY);
    yield* addTools(attempt, [syntax.body]);
    const { tools, ...facts } = toolsIn(attempt, syntax.body);
    const calls = callsAfterOpening(book, syntax, { tools, most: allowsParallelCalls(use) ? bounds.calls : 1 });
    book.define(ROOT_RULE, sequence(text(openingAfter(opened, syntax)), calls));
    return yield* finishCalls(book, bounds, facts);
  });
}

/** The rest of the text that opens calls in their first form, after a prompt that ends with `opened`. */
export function openingAfter(opened: string, syntax: CallSyntax): string {
  const opening = callOpening(syntax);
  return opening.startsWith(opened) ? opening.slice(opened.length) : opening;
}
