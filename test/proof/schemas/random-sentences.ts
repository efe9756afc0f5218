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

export interface RandomSentences {
  readonly texts: readonly string[];
  /** Whether the grammar holds the whole schema. */
  readonly isHeld: boolean;
}

/** Outputs of the schema's grammar that no model has chosen, which reach what a model seldom writes. undefined means that the schema is refused. */
export function randomSentences({ schema }: CorpusSchema, count: number): RandomSentences | undefined {
  try {
    const constraint = { type: "json_schema", schema: JSON.stringify(schema) } as const;
    const { gbnf, notHeld } = compileConstraint(constraint, DEFAULT_GRAMMAR_BOUNDS);
    const sentences = new Sentences(readGbnf(gbnf, WIDE_BOUNDS), new Random(1));
    const texts = Array.from({ length: count }, () => sentences.next()).filter((text) => text.length <= LONGEST);
    return { texts, isHeld: notHeld.length === 0 };
  } catch (error) {
    if (error instanceof GrammarProblem) return undefined;
    throw error;
  }
}
