import { InputRefusal } from "../../core/generation-error.js";
import type { RequestedConstraint } from "../../core/generation-request.js";
import { advanceGrammar } from "./advance-grammar.js";
import { mayBeginWith } from "./check/parse-stacks.js";
import { type CompiledGrammar, finishGrammar, type GeneratedFacts } from "./finish-grammar.js";
import { readGbnf } from "./gbnf/read-gbnf.js";
import { anyObject } from "./json/value-grammar.js";
import { Language } from "./regex/language.js";
import { writeText } from "./regex/write-language.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { EMPTY, type GrammarNode, GrammarProblem, ROOT_RULE } from "./rules/grammar-node.js";
import { RuleBook, textChoice } from "./rules/rule-book.js";
import { compileSchema } from "./schema/compile-schema.js";

const SCHEMA_FIELD = "json_schema";

/** The beginning of an answer that the model continues. */
export interface WrittenText {
  readonly text: string;
  /** The field of the text in the request. */
  readonly field: string;
}

type ConstraintBounds = GrammarBounds & { readonly strict?: boolean };

/** The grammar of a valid answer, whose rules are in a book. */
export interface AnswerGrammar {
  readonly node: GrammarNode;
  /** undefined for a grammar that the caller wrote. */
  readonly generated: GeneratedFacts | undefined;
  /** Whether one answer may be the beginning of another although the grammar ends with its last part. */
  readonly mayContinue: boolean;
}

/**
 * Compiles a constraint to GBNF, which is not compiled natively yet. It yields between slices of work.
 * @param written the beginning of the answer, after which the grammar begins; the default is none
 * @throws GrammarProblem
 * @throws InputRefusal when the text is not the beginning of a valid answer
 */
export function* compileConstraint(
  constraint: RequestedConstraint,
  bounds: ConstraintBounds,
  written?: WrittenText,
): Generator<undefined, CompiledGrammar> {
  const book = new RuleBook();
  const { node, generated, mayContinue } = addConstraint(book, constraint, bounds);
  book.define(ROOT_RULE, node);
  yield;
  const finished = yield* finishGrammar(book.rules, bounds, generated);
  const grammar = { ...finished, prefixFree: finished.prefixFree && !mayContinue };
  if (written === undefined || written.text === "") return grammar;
  return yield* continueGrammar(book, { grammar, written }, bounds);
}

function* continueGrammar(
  book: RuleBook,
  { grammar, written }: { grammar: CompiledGrammar; written: WrittenText },
  bounds: GrammarBounds,
): Generator<undefined, CompiledGrammar> {
  const bytes = Buffer.byteLength(written.text);
  if (bytes > bounds.bytes) {
    throw new InputRefusal(written.field, `has ${bytes} bytes; with a constraint at most ${bounds.bytes} are allowed`);
  }
  try {
    const rules = advanceGrammar(book.rules, written.text);
    yield;
    const { gbnf } = yield* finishGrammar(rules, bounds, { branchings: [] });
    return { ...grammar, gbnf };
  } catch (error) {
    if (error instanceof GrammarProblem) throw new InputRefusal(written.field, error.message);
    throw error;
  }
}

/**
 * Puts the rules of a constraint in the book.
 * @throws GrammarProblem
 */
export function addConstraint(
  book: RuleBook,
  constraint: RequestedConstraint,
  { strict = false, ...bounds }: ConstraintBounds,
): AnswerGrammar {
  book.define(ROOT_RULE, EMPTY);
  switch (constraint.type) {
    case "json_schema":
      return addJsonSchema(book, constraint.schema, { ...bounds, strict });
    case "json_object":
      return { node: anyObject(book), generated: { branchings: [] }, mayContinue: false };
    case "choices":
      return { node: addChoices(book, constraint.choices, bounds), generated: { branchings: [] }, mayContinue: false };
    case "gbnf":
      return addGbnf(book, constraint.grammar, bounds);
    case "regex":
      return { node: addRegex(book, constraint.pattern), generated: { branchings: [] }, mayContinue: false };
  }
}

function addJsonSchema(book: RuleBook, schema: string, { strict, ...bounds }: ConstraintBounds): AnswerGrammar {
  const strictness = strict === true ? "strict" : "restrictions";
  const { node, branchings, placeOf, nameOf, isFixed, ...compiled } = compileSchema(book, schema, {
    bounds,
    strictness,
  });
  const notHeld = compiled.notHeld.map((keyword) => ({ field: SCHEMA_FIELD, ...keyword }));
  // A number is the only JSON value that can be the beginning of another.
  const mayBeNumber = Array.from("-0123456789").some((char) => mayBeginWith(book.rules, node, char));
  return { node, generated: { branchings, placeOf, nameOf, notHeld }, mayContinue: !isFixed && mayBeNumber };
}

function addGbnf(book: RuleBook, grammar: string, bounds: GrammarBounds): AnswerGrammar {
  const bytes = Buffer.byteLength(grammar);
  if (bytes > bounds.bytes) throw new GrammarProblem(`has ${bytes} bytes; at most ${bounds.bytes} are allowed`);
  const rules = readGbnf(grammar, bounds);
  const root = rules.get(ROOT_RULE);
  if (root === undefined) throw new GrammarProblem(`has no rule ${ROOT_RULE}`);
  for (const [name, node] of rules) book.define(name, node);
  return { node: root, generated: undefined, mayContinue: false };
}

function addRegex(book: RuleBook, pattern: string): GrammarNode {
  const language = Language.ofPattern(pattern, { isWhole: true });
  if (!language.isEmpty && language.isWithin(Language.ofTexts([""]))) {
    throw new GrammarProblem("matches no text apart from the empty one");
  }
  return writeText(book, language);
}

function addChoices(book: RuleBook, choices: readonly string[], bounds: GrammarBounds): GrammarNode {
  if (choices.length === 0) throw new GrammarProblem("must contain at least one choice");
  if (choices.length > bounds.choices) {
    throw new GrammarProblem(`has ${choices.length} choices; at most ${bounds.choices} are allowed`);
  }
  for (const [index, choice] of choices.entries()) {
    const bytes = Buffer.byteLength(choice);
    if (choice === "") throw new GrammarProblem("must not be empty", `[${index}]`);
    if (bytes > bounds.choiceBytes) {
      throw new GrammarProblem(`has ${bytes} bytes; at most ${bounds.choiceBytes} are allowed`, `[${index}]`);
    }
    if (/\0|\p{Surrogate}/u.test(choice)) {
      throw new GrammarProblem("contains U+0000 or half a surrogate pair, which no output can contain", `[${index}]`);
    }
  }
  return textChoice(
    book,
    choices.map((choice) => [choice, EMPTY] as const),
  );
}
