import { allowsParallelCalls, type ToolUse } from "../../core/conversation.js";
import type { RequestedConstraint } from "../../core/generation-request.js";
import type { CallSyntax } from "../../core/call-syntax.js";
import { callsAfterOpening } from "./call-body-grammar.js";
import { openingAfter } from "./compile-call-grammar.js";
import { addTools, finishCalls, freeingLargest, toolsIn, TOOLS_FIELD } from "./tools-grammar.js";
import { addConstraint, type AnswerGrammar, compileConstraint } from "./compile-constraint.js";
import { mayBeginWith } from "./check/parse-stacks.js";
import type { CompiledGrammar } from "./finish-grammar.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { EMPTY, choice, type GrammarNode, GrammarProblem, ROOT_RULE, sequence, text } from "./rules/grammar-node.js";
import { renameIn, renameRules } from "./rules/rename-rules.js";
import { RuleBook } from "./rules/rule-book.js";

/** Keeps the rules of an answer apart from those of calls, since a caller's own grammar may have any names. */
const ANSWER_PREFIX = "answer-";

interface AnswerOrCalls {
  readonly constraint: RequestedConstraint;
  readonly use: ToolUse;
  readonly syntax: CallSyntax;
  /** The markup that opens an answer, as the calls have marks of their own. It may be empty. */
  readonly answerOpening: string;
  /** The text at the end of the prompt with which the calls begin. The default is none. */
  readonly opened?: string;
}

/**
 * Compiles the grammar of an output that is either an answer under a constraint, or calls of tools in this syntax.
 * @throws GrammarProblem with the position in the constraint, or with the field of a tool as subfield
 */
export function* compileAnswerOrCalls(
  { constraint, use, syntax, answerOpening, opened = "" }: AnswerOrCalls,
  { strict, ...bounds }: GrammarBounds & { readonly strict: boolean },
): Generator<undefined, CompiledGrammar> {
  const alone = yield* compileConstraint(constraint, { ...bounds, strict });
  const own = new RuleBook();
  const answer = addConstraint(own, constraint, { ...bounds, strict });
  const strictness = strict ? "strict" : "lenient";
  return yield* freeingLargest({ use, bounds, strictness }, function* (attempt) {
    const { book } = attempt;
    book.define(ROOT_RULE, EMPTY);
    for (const [name, node] of renameRules(own.rules, prefixed)) book.define(name, node);
    const answerNode = sequence(text(answerOpening), renameIn(answer.node, prefixed));
    yield* orOfTools(addTools(attempt, [syntax.body]));
    const { tools, branchings, notHeld } = toolsIn(attempt, syntax.body);
    const calls = callsAfterOpening(book, syntax, { tools, most: allowsParallelCalls(use) ? bounds.calls : 1 });
    const callNode = sequence(text(openingAfter(opened, syntax)), calls);
    const root = choice(answerNode, callNode);
    book.define(ROOT_RULE, root);
    const ofAnswer = (answer.generated?.branchings ?? []).map((node) => renameIn(node, prefixed));
    const finished = yield* finishCalls(book, bounds, {
      branchings: [root, ...ofAnswer, ...branchings],
      nameOf: (rule) => nameOf(rule, answer),
      notHeld: [...(answer.generated?.notHeld ?? []), ...notHeld],
    });
    const prefixFree = finished.prefixFree && alone.prefixFree && areApart(book, answerNode, callNode);
    return { ...finished, prefixFree };
  });
}

function prefixed(name: string): string {
  return ANSWER_PREFIX + name;
}

function nameOf(rule: string, { generated }: AnswerGrammar): string {
  if (!rule.startsWith(ANSWER_PREFIX)) return `the part ${rule} of the calls`;
  const name = rule.slice(ANSWER_PREFIX.length);
  return generated?.nameOf?.(name) ?? `the rule ${name}`;
}

/** Whether no answer begins as calls do, so that none is the beginning of calls, nor the other way round. */
function areApart(book: RuleBook, answer: GrammarNode, calls: GrammarNode): boolean {
  const starts = firstChars(calls);
  return starts !== undefined && !mayBeginWith(book.rules, answer, starts);
}

/** The first character of calls that begin with a text. undefined if they do not. */
function firstChars(node: GrammarNode): string | undefined {
  const first = node.type === "sequence" ? node.parts[0] : node;
  return first?.type === "text" ? String.fromCodePoint(first.text.codePointAt(0) ?? 0) : undefined;
}

/** Compiles a part of a request's tools. @throws GrammarProblem whose subfield is a whole field */
function* orOfTools<T>(compile: Generator<undefined, T>): Generator<undefined, T> {
  try {
    return yield* compile;
  } catch (error) {
    if (error instanceof GrammarProblem) throw new GrammarProblem(error.message, TOOLS_FIELD + error.subfield);
    throw error;
  }
}
