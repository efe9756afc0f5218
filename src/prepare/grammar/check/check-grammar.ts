import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { type Grammar, type GrammarNode, GrammarProblem, ROOT_RULE } from "../rules/grammar-node.js";
import { FirstSets } from "./first-sets.js";
import { measureGrammar } from "./grammar-size.js";
import { findEndlessRules, findNullableRules, isNullable } from "./rule-properties.js";

/**
 * Holds a grammar to the bounds, and rejects what llama.cpp does not survive or would take seconds for: left recursion, some of which its own check
 * overlooks and then loops on, repetitions of a nullable node, and rules without an end.
 * @param nameOf the name of a rule in an error text
 * @throws GrammarProblem
 */
export function checkGrammar(
  grammar: Grammar,
  bounds: GrammarBounds,
  nameOf: (rule: string) => string = (rule) => `the rule ${rule}`,
): void {
  if (!grammar.has(ROOT_RULE)) throw new GrammarProblem(`has no rule ${ROOT_RULE}`);
  const { rules, symbols, nesting } = measureGrammar(grammar);
  if (rules > bounds.rules) throw new GrammarProblem(`compiles to ${rules} rules; at most ${bounds.rules} are allowed`);
  if (symbols > bounds.symbols) {
    throw new GrammarProblem(
      `compiles to ${symbols} symbols with its repetitions written out; at most ${bounds.symbols} are allowed`,
    );
  }
  if (nesting > bounds.nesting) {
    throw new GrammarProblem(`has groups nested ${nesting} deep; at most ${bounds.nesting} are allowed`);
  }
  for (const [name, node] of grammar) checkReferences(grammar, node, nameOf(name));
  const nullable = findNullableRules(grammar);
  for (const [name, node] of grammar) {
    if (repeatsNullable(node, nullable)) {
      throw new GrammarProblem(
        `${nameOf(name)} repeats something that can be empty, which can be parsed in too many ways`,
      );
    }
  }
  new FirstSets(grammar, { nullable, bounds, nameOf }).check();
  const [endless] = findEndlessRules(grammar);
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
