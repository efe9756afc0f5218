import type { OutputGrammar } from "../../core/output-format.js";
import type { RequestedConstraint } from "../../core/generation-request.js";
import { mayBeginWith } from "./check/parse-stacks.js";
import { finishGrammar } from "./finish-grammar.js";
import { readGbnf } from "./gbnf/read-gbnf.js";
import { anyObject } from "./json/value-grammar.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { EMPTY, GrammarProblem, ROOT_RULE } from "./rules/grammar-node.js";
import { RuleBook, textChoice } from "./rules/rule-book.js";
import { compileSchema } from "./schema/compile-schema.js";

/**
 * Compiles a constraint to GBNF, which is not compiled natively yet.
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
      if (bytes > bounds.bytes) throw new GrammarProblem(`has ${bytes} bytes; at most ${bounds.bytes} are allowed`);
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
  // A number is the only JSON value that can be the beginning of another.
  const mayBeNumber = Array.from("-0123456789").some((char) => mayBeginWith(book.rules, node, char));
  return { ...grammar, prefixFree: grammar.prefixFree && (isFixed || !mayBeNumber) };
}

function compileChoices(choices: readonly string[], bounds: GrammarBounds): OutputGrammar {
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
