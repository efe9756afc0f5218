import type { OutputGrammar, RequestedConstraint } from "../../core/constraint.js";
import { compileSchema } from "./compile-schema.js";
import { finishGrammar } from "./finish-grammar.js";
import type { GrammarBounds } from "./grammar-bounds.js";
import { EMPTY, ROOT_RULE } from "./grammar-node.js";
import { GrammarProblem } from "./grammar-problem.js";
import { mayBegin } from "./grammar-walk.js";
import { anyObject } from "./json-value-grammar.js";
import { readGbnf } from "./read-gbnf.js";
import { RuleBook } from "./rule-book.js";
import { textChoice } from "./text-choice.js";

/**
 * The grammar of a constraint, not compiled natively yet.
 * @throws GrammarProblem
 */
export function compileConstraint(constraint: RequestedConstraint, bounds: GrammarBounds): OutputGrammar {
  switch (constraint.type) {
    case "json_schema":
      return compileJsonSchema(constraint.schema, bounds);
    case "json_object": {
      const book = new RuleBook();
      book.define(ROOT_RULE, anyObject(book));
      return finishGrammar(book.rules, bounds, { branchings: [] });
    }
    case "choices":
      return compileChoices(constraint.choices, bounds);
    case "gbnf": {
      const bytes = Buffer.byteLength(constraint.grammar);
      if (bytes > bounds.bytes) throw new GrammarProblem(`has ${bytes} bytes, more than ${bounds.bytes}`);
      return finishGrammar(readGbnf(constraint.grammar, bounds), bounds);
    }
  }
}

function compileJsonSchema(schema: string, bounds: GrammarBounds): OutputGrammar {
  const book = new RuleBook();
  book.define(ROOT_RULE, EMPTY);
  const { node, branchings, nameOf, isFixed } = compileSchema(book, schema, { bounds });
  book.define(ROOT_RULE, node);
  const grammar = finishGrammar(book.rules, bounds, { branchings, nameOf });
  // No JSON but a number is the beginning of other JSON.
  const mayBeNumber = Array.from("-0123456789").some((char) => mayBegin(book.rules, node, char));
  return { ...grammar, prefixFree: grammar.prefixFree && (isFixed || !mayBeNumber) };
}

function compileChoices(choices: readonly string[], bounds: GrammarBounds): OutputGrammar {
  if (choices.length === 0) throw new GrammarProblem("must hold at least one");
  if (choices.length > bounds.choices) throw new GrammarProblem(`holds ${choices.length}, more than ${bounds.choices}`);
  for (const [index, choice] of choices.entries()) {
    const bytes = Buffer.byteLength(choice);
    if (choice === "") throw new GrammarProblem("must not be empty", `[${index}]`);
    if (bytes > bounds.choiceBytes)
      throw new GrammarProblem(`has ${bytes} bytes, more than ${bounds.choiceBytes}`, `[${index}]`);
    if (/\0|\p{Surrogate}/u.test(choice)) {
      throw new GrammarProblem("holds U+0000 or half a surrogate pair, which no output holds", `[${index}]`);
    }
  }
  const book = new RuleBook();
  book.define(ROOT_RULE, EMPTY);
  book.define(
    ROOT_RULE,
    textChoice(
      book,
      choices.map((choice) => [choice, EMPTY] as const),
    ),
  );
  return finishGrammar(book.rules, bounds, { branchings: [] });
}
