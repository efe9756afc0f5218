import type { UnheldKeyword } from "../../../src/core/output-format.js";
import { compileConstraint } from "../../prepare/grammar/compile-now.js";
import { readGbnf } from "../../../src/prepare/grammar/gbnf/read-gbnf.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { GrammarProblem } from "../../../src/prepare/grammar/rules/grammar-node.js";
import { Sentences } from "../../prepare/grammar/sentences.js";
import { Random } from "../../support/random.js";
import type { CorpusSchema } from "./corpus.js";

/** The compiler writes larger grammars than a caller may write. */
const WIDE_BOUNDS = {
  ...DEFAULT_GRAMMAR_BOUNDS,
  rules: Infinity,
  symbols: Infinity,
  nesting: Infinity,
  repetitions: Infinity,
};
/** A longer one shows no more, and takes ajv long. */
const LONGEST = 20_000;

/** The outcome of compiling a schema: its refusal, or sentences of its grammar. */
export type RandomSentences =
  | { readonly refusal: string }
  | {
      readonly refusal: undefined;
      readonly texts: readonly string[];
      /** What the grammar does not hold. */
      readonly notHeld: readonly UnheldKeyword[];
    };

/** Outputs of the schema's grammar that no model has chosen, which reach what a model seldom writes. */
export function randomSentences({ schema }: CorpusSchema, count: number): RandomSentences {
  try {
    const constraint = { type: "json_schema", schema: JSON.stringify(schema) } as const;
    const { gbnf, notHeld } = compileConstraint(constraint, DEFAULT_GRAMMAR_BOUNDS);
    const sentences = new Sentences(readGbnf(gbnf, WIDE_BOUNDS), new Random(1));
    const texts = Array.from({ length: count }, () => sentences.next()).filter((text) => text.length <= LONGEST);
    return { refusal: undefined, texts, notHeld };
  } catch (error) {
    if (error instanceof GrammarProblem) return { refusal: error.message };
    throw error;
  }
}
