import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { type Grammar, type GrammarNode, GrammarProblem, ROOT_RULE } from "../rules/grammar-node.js";
import { FirstSets } from "./first-sets.js";
import { describeExcess, measureGrammar } from "./grammar-size.js";
import { findEndlessRules, findNullableRules, isNullable } from "./rule-properties.js";

/**
 * Holds a grammar to the bounds, and rejects what llama.cpp does not survive or would take seconds for: left recursion, some of which its own check
 * overlooks and then loops on, repetitions of a nullable node, and rules without an end. It yields between slices of work.
 * @param nameOf the name of a rule in an error text
 * @throws GrammarProblem
 */
export function* checkGrammar(
  grammar: Grammar,
  bounds: GrammarBounds,
  nameOf: (rule: string) => string = (rule) => `the rule ${rule}`,
): Generator<undefined, void> {
  if (!grammar.has(ROOT_RULE)) throw new GrammarProblem(`has no rule ${ROOT_RULE}`);
  const size = measureGrammar(grammar);
  const excess = describeExcess(size, bounds);
  if (excess !== undefined) throw new GrammarProblem(excess);
  if (size.nesting > bounds.nesting) {
    throw new GrammarProblem(`has groups nested ${size.nesting} deep; at most ${bounds.nesting} are allowed`);
  }
  yield;
  for (const [name, node] of grammar) checkReferences(grammar, node, nameOf(name));
  yield;
  const nullable = yield* findNullableRules(grammar);
  for (const [name, node] of grammar) {
    if (repeatsNullable(node, nullable)) {
      throw new GrammarProblem(
        `${nameOf(name)} repeats something that can be empty, which can be parsed in too many ways`,
      );
    }
  }
  yield;
  yield* new FirstSets(grammar, { nullable, bounds, nameOf }).check();
  const [endless] = yield* findEndlessRules(grammar);
  if (endless !== undefined) {
    throw new GrammarProblem(`${nameOf(endless)} never ends, because each of its alternatives contains it again`);
  }
}

function checkReferences(grammar: Grammar, node: GrammarNode, user: string): void {
  if (node.type === "rule" && !grammar.has(node.name)) {
    throw new GrammarProblem(`${user} refers to the rule ${node.name}, which is not defined`);
  }
  for (const child of childrenOf(node)) checkReferences(grammar, child, user);
}

function repeatsNullable(node: GrammarNode, nullable: ReadonlySet<string>): boolean {
  if (node.type === "repeat" && node.max > 1 && isNullable(node.body, nullable)) return true;
  return childrenOf(node).some((child) => repeatsNullable(child, nullable));
}

function childrenOf(node: GrammarNode): readonly GrammarNode[] {
  if (node.type === "sequence") return node.parts;
  if (node.type === "choice") return node.options;
  return node.type === "repeat" ? [node.body] : [];
}
