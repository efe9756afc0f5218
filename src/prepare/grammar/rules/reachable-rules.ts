import { type Grammar, type GrammarNode, ROOT_RULE } from "./grammar-node.js";

/** The rules that the root rule or one of the nodes needs, in the order of the grammar. */
export function reachableRules(grammar: Grammar, nodes: readonly GrammarNode[]): Grammar {
  const needed = new Set<string>([ROOT_RULE]);
  for (const node of nodes) addNames(node, needed);
  for (const name of needed) {
    const node = grammar.get(name);
    // The loop visits the names that are added meanwhile as well.
    if (node !== undefined) addNames(node, needed);
  }
  return new Map([...grammar].filter(([name]) => needed.has(name)));
}

/** Adds the names of the rules that a node refers to. */
export function addNames(node: GrammarNode, names: Set<string>): void {
  switch (node.type) {
    case "text":
    case "chars":
      return;
    case "rule":
      names.add(node.name);
      return;
    case "sequence":
      for (const part of node.parts) addNames(part, names);
      return;
    case "choice":
      for (const option of node.options) addNames(option, names);
      return;
    case "repeat":
      addNames(node.body, names);
  }
}
