import type { OutputGrammar } from "../../core/constraint.js";
import { checkGrammar } from "./check-grammar.js";
import { checkAmbiguity } from "./check-ambiguity.js";
import { isClosed } from "./closed-grammar.js";
import type { GrammarBounds } from "./grammar-bounds.js";
import type { Grammar, GrammarNode } from "./grammar-node.js";
import { GrammarProblem } from "./grammar-problem.js";
import { writeGbnf } from "./write-gbnf.js";

export interface MadeGrammar {
  /** Where an output may be read in several ways. Everywhere else its form leaves just one. */
  readonly branchings: readonly GrammarNode[];
  /** What a rule is called in a refusal. */
  readonly nameOf?: (rule: string) => string;
}

/**
 * Checks a grammar and writes it.
 * @param made what is known of a grammar that was made here; undefined: the caller wrote it, so nothing is
 * @throws GrammarProblem
 */
export function finishGrammar(grammar: Grammar, bounds: GrammarBounds, made?: MadeGrammar): OutputGrammar {
  checkGrammar(grammar, bounds, made?.nameOf);
  const isUnambiguous = checkAmbiguity(grammar, made?.branchings);
  const gbnf = writeGbnf(grammar);
  const bytes = Buffer.byteLength(gbnf);
  if (bytes > bounds.writtenBytes) {
    throw new GrammarProblem(`makes a grammar of ${bytes} bytes, more than ${bounds.writtenBytes}`);
  }
  // What is made here ends where its last part ends, even if it can be read in several ways.
  return { gbnf, prefixFree: (isUnambiguous || made !== undefined) && isClosed(grammar) };
}
