import type { OutputGrammar, UnheldKeyword } from "../../core/output-format.js";
import { checkAmbiguity } from "./check/check-ambiguity.js";
import { checkGrammar } from "./check/check-grammar.js";
import { isClosed } from "./check/rule-properties.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { type Grammar, type GrammarNode, GrammarProblem } from "./rules/grammar-node.js";
import { describeExcessBytes, writeGbnf } from "./gbnf/write-gbnf.js";
import { boundUnheld } from "./bound-unheld.js";

/** A grammar and the keywords of the caller's schemas that it does not hold. */
export interface CompiledGrammar extends OutputGrammar {
  readonly notHeld: readonly UnheldKeyword[];
}

/** The facts about a grammar that Rill generated, as opposed to one that the caller wrote. */
export interface GeneratedFacts {
  /** The choices at which an output may have several derivations. Every other position has one by construction. */
  readonly branchings: readonly GrammarNode[];
  /** The most steps that the check of the branchings takes. The default is that of `checkAmbiguity`. */
  readonly maxSteps?: number;
  /** The place in the caller's schema that a branching comes from. */
  readonly placeOf?: (branching: GrammarNode) => string | undefined;
  /** The name of a rule in an error text. */
  readonly nameOf?: (rule: string) => string;
  /** Default: none. */
  readonly notHeld?: readonly UnheldKeyword[];
}

/**
 * Checks a grammar and writes it as GBNF. It yields between slices of work.
 * @param generated undefined for a grammar that the caller wrote
 * @throws GrammarProblem
 */
export function* finishGrammar(
  grammar: Grammar,
  bounds: GrammarBounds,
  generated?: GeneratedFacts,
): Generator<undefined, CompiledGrammar> {
  yield* checkGrammar(grammar, bounds, generated?.nameOf);
  const { branchings: starts, maxSteps, placeOf } = generated ?? {};
  const isUnambiguous = yield* checkAmbiguity(grammar, { starts, maxSteps, placeOf });
  const gbnf = yield* writeGbnf(grammar);
  const excess = describeExcessBytes(Buffer.byteLength(gbnf), bounds);
  if (excess !== undefined) throw new GrammarProblem(excess);
  // A generated grammar ends where its last part ends, even if an output has several derivations.
  const prefixFree = (isUnambiguous || generated !== undefined) && (yield* isClosed(grammar));
  return { gbnf, prefixFree, notHeld: boundUnheld(generated?.notHeld ?? []) };
}
