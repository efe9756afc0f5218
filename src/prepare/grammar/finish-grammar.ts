import type { OutputGrammar } from "../../core/constraint.js";
import { checkGrammar } from "./check-grammar.js";
import { checkAmbiguity } from "./check-ambiguity.js";
import { isClosed } from "./closed-grammar.js";
import type { GrammarBounds } from "./grammar-bounds.js";
import type { Grammar } from "./grammar-node.js";
import { GrammarProblem } from "./grammar-problem.js";
import { writeGbnf } from "./write-gbnf.js";

/**
 * Checks the grammar and writes it.
 * @param options.endsAreTold whether the grammar's form tells where outputs end even where they may be read in several ways; default: no
 * @throws GrammarProblem
 */
export function finishGrammar(
  grammar: Grammar,
  bounds: GrammarBounds,
  options: { endsAreTold?: boolean; nameOf?: (rule: string) => string } = {},
): OutputGrammar {
  checkGrammar(grammar, bounds, options.nameOf);
  const isUnambiguous = checkAmbiguity(grammar);
  const gbnf = writeGbnf(grammar);
  const bytes = Buffer.byteLength(gbnf);
  if (bytes > bounds.writtenBytes) {
    throw new GrammarProblem(`makes a grammar of ${bytes} bytes, more than ${bounds.writtenBytes}`);
  }
  return { gbnf, prefixFree: (isUnambiguous || options.endsAreTold === true) && isClosed(grammar) };
}
