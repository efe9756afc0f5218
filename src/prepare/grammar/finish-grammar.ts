import type { OutputGrammar } from "../../core/output-format.js";
import { checkAmbiguity } from "./check/check-ambiguity.js";
import { checkGrammar } from "./check/check-grammar.js";
import { isClosed } from "./check/rule-properties.js";
import { writeGbnf } from "./gbnf/write-gbnf.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { type Grammar, type GrammarNode, GrammarProblem } from "./rules/grammar-node.js";

/** The facts about a grammar that Rill generated, as opposed to one that the caller wrote. */
export interface GeneratedFacts {
  /** The choices at which an output may have several derivations. Every other position has one by construction. */
  readonly branchings: readonly GrammarNode[];
  /** The name of a rule in an error text. */
  readonly nameOf?: (rule: string) => string;
}

/**
 * Checks a grammar and writes it as GBNF.
 * @param generated undefined for a grammar that the caller wrote
 * @throws GrammarProblem
 */
export function finishGrammar(grammar: Grammar, bounds: GrammarBounds, generated?: GeneratedFacts): OutputGrammar {
  checkGrammar(grammar, bounds, generated?.nameOf);
  const isUnambiguous = checkAmbiguity(grammar, generated?.branchings);
  const gbnf = writeGbnf(grammar);
  const bytes = Buffer.byteLength(gbnf);
  if (bytes > bounds.writtenBytes) {
    throw new GrammarProblem(`compiles to a grammar of ${bytes} bytes; at most ${bounds.writtenBytes} are allowed`);
  }
  // A generated grammar ends where its last part ends, even if an output has several derivations.
  return { gbnf, prefixFree: (isUnambiguous || generated !== undefined) && isClosed(grammar) };
}
