import type { GrammarBounds } from "./grammar-bounds.js";
import { type Grammar, type GrammarNode, ROOT_RULE } from "./grammar-node.js";
import { GrammarProblem } from "./grammar-problem.js";
import { measureGrammar } from "./measure-grammar.js";
import { findEmptyRules, findEndlessRules, mayBeEmpty } from "./rule-properties.js";
import { LeftEdges } from "./left-edges.js";

/**
 * Holds a grammar to the bounds, and refuses what llama.cpp does not survive or would take seconds for: left recursion (its own check overlooks some, and
 * then never ends), repetitions of what may be empty, rules without an end.
 * @param nameOf what a rule is called in a refusal
 * @throws GrammarProblem
 */
export function checkGrammar(
  grammar: Grammar,
  bounds: GrammarBounds,
  nameOf: (rule: string) => string = (rule) => `the rule ${rule}`,
): void {
  if (!grammar.has(ROOT_RULE)) throw new GrammarProblem(`has no rule ${ROOT_RULE}`);
  const { rules, symbols, nesting } = measureGrammar(grammar);
  if (rules > bounds.rules) throw new GrammarProblem(`makes ${rules} rules, more than ${bounds.rules}`);
  if (symbols > bounds.symbols) {
    throw new GrammarProblem(`makes ${symbols} symbols with its repetitions written out, more than ${bounds.symbols}`);
  }
  if (nesting > bounds.nesting) throw new GrammarProblem(`has groups ${nesting} deep, more than ${bounds.nesting}`);
  for (const [name, node] of grammar) checkReferences(grammar, node, nameOf(name));
  const empty = findEmptyRules(grammar);
  for (const [name, node] of grammar) {
    if (repeatsEmpty(node, empty)) {
      throw new GrammarProblem(`${nameOf(name)} repeats something that may be empty, which can be read in many ways`);
    }
  }
  new LeftEdges(grammar, { empty, bounds, nameOf }).check();
  const [endless] = findEndlessRules(grammar);
  if (endless !== undefined)
    throw new GrammarProblem(`${nameOf(endless)} goes on for ever: it always holds itself again`);
}

function checkReferences(grammar: Grammar, node: GrammarNode, where: string): void {
  if (node.type === "rule" && !grammar.has(node.name)) {
    throw new GrammarProblem(`${where} needs the rule ${node.name}, which is not there`);
  }
  for (const child of childrenOf(node)) checkReferences(grammar, child, where);
}

function repeatsEmpty(node: GrammarNode, empty: ReadonlySet<string>): boolean {
  if (node.type === "repeat" && node.max > 1 && mayBeEmpty(node.body, empty)) return true;
  return childrenOf(node).some((child) => repeatsEmpty(child, empty));
}

function childrenOf(node: GrammarNode): readonly GrammarNode[] {
  if (node.type === "sequence") return node.parts;
  if (node.type === "choice") return node.options;
  return node.type === "repeat" ? [node.body] : [];
}
