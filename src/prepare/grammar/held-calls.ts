import { allowsParallelCalls, type ToolUse } from "../../core/conversation.js";
import type { CallBody, CallSyntax } from "../../core/call-syntax.js";
import type { UnheldKeyword } from "../../core/output-format.js";
import { callOpening, callsAfterOpening } from "./call-body-grammar.js";
import { addTools, finishCalls, freeingLargest, toolsIn } from "./tools-grammar.js";
import type { CompiledGrammar } from "./finish-grammar.js";
import { BLANK } from "./json/value-grammar.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { choice, EMPTY, type GrammarNode, optional, ROOT_RULE, sequence, text } from "./rules/grammar-node.js";

const ANY_TEXT: GrammarNode = {
  type: "repeat",
  body: { type: "chars", ranges: [], isNegated: false },
  min: 0,
  max: Infinity,
};

/**
 * Compiles the grammar that holds the calls of a free output, each from its opening on, in all the syntaxes that the output is read in. It may end
 * where a call does, or a section of calls, and allows any text after that.
 * @throws GrammarProblem whose subfield is the tool's, such as `[2].parameters`
 */
export function* compileHeldCalls(
  use: ToolUse,
  syntaxes: readonly CallSyntax[],
  { strict, ...bounds }: GrammarBounds & { readonly strict: boolean },
): Generator<undefined, CompiledGrammar> {
  const strictness = strict ? "strict" : "lenient";
  const ways = syntaxes.flatMap(waysOf);
  const bodies = new Map(ways.map(({ body }) => [formOf(body), body] as const));
  return yield* freeingLargest({ use, bounds, strictness }, function* (attempt) {
    const { book } = attempt;
    book.define(ROOT_RULE, EMPTY);
    yield* addTools(attempt, [...bodies.values()]);
    const forms = new Map([...bodies].map(([form, body]) => [form, toolsIn(attempt, body)] as const));
    const calls = choice(
      ...ways.map((syntax) => {
        const tools = forms.get(formOf(syntax.body))?.tools ?? [];
        const most = allowsParallelCalls(use) && endsItself(syntax) ? bounds.calls : 1;
        return sequence(openingOf(syntax), callsAfterOpening(book, syntax, { tools, most }));
      }),
    );
    book.define(ROOT_RULE, sequence(calls, ANY_TEXT));
    const written = [...forms.values()];
    const finished = yield* finishCalls(book, bounds, {
      branchings: [calls, ...written.flatMap(({ branchings }) => branchings)],
      notHeld: unique(written.flatMap(({ notHeld }) => notHeld)),
    });
    return { ...finished, holds: "calls" } as const;
  });
}

/** The form of the arguments, by which bodies share them. */
function formOf(body: CallBody): string {
  if (body.type === "parameters") return JSON.stringify(body.parameter);
  return body.type === "literal" ? JSON.stringify({ ...body, begin: "", end: "" }) : "json";
}

function unique(notHeld: readonly UnheldKeyword[]): readonly UnheldKeyword[] {
  return [...new Map(notHeld.map((keyword) => [JSON.stringify(keyword), keyword])).values()];
}

/** The ways in which calls of a syntax may begin: with the section's mark, with a call's own, or with one of its other marks. */
function waysOf(syntax: CallSyntax): readonly CallSyntax[] {
  const { body, sectionBegin } = syntax;
  const alone = { sectionBegin: "", sectionEnd: "" };
  const others = "otherBegins" in body ? (body.otherBegins ?? []) : [];
  const otherWays = others.map((begin): CallSyntax => ({ ...alone, body: { ...(body as NamedBody), begin } }));
  if (sectionBegin.trim() === "") return [syntax, ...otherWays];
  const isMarked = "begin" in body && body.begin.trim() !== "";
  return [syntax, ...(isMarked ? [{ ...alone, body }] : []), ...otherWays];
}

type NamedBody = Extract<CallBody, { readonly otherBegins?: readonly string[] }>;

/** Whether a mark or a bracket ends the calls, so that several may be held together. */
function endsItself({ sectionEnd, body }: CallSyntax): boolean {
  return sectionEnd.trim() !== "" || !("separator" in body) || (body.type === "literal" && body.isList);
}

/** The opening of a call. One without a mark may follow another, with the separator of the syntax between them. */
function openingOf(syntax: CallSyntax): GrammarNode {
  const opening = callOpening(syntax).trim();
  if (opening !== "") return text(opening);
  const separator = "separator" in syntax.body ? syntax.body.separator.trim() : "";
  return separator === "" ? EMPTY : optional(sequence(text(separator), BLANK));
}
