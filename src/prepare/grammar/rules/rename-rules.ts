import { type Grammar, type GrammarNode, ruleNode } from "./grammar-node.js";

/** The grammar with other names for its rules, in the references to them too. */
export function renameRules(grammar: Grammar, rename: (name: string) => string): Grammar {
  return new Map([...grammar].map(([name, node]) => [rename(name), renameIn(node, rename)]));
}

/** The node with other names in its references to rules. */
export function renameIn(node: GrammarNode, rename: (name: string) => string): GrammarNode {
  switch (node.type) {
    case "text":
    case "chars":
      return node;
    case "rule":
      return ruleNode(rename(node.name));
    case "sequence":
      return { ...node, parts: node.parts.map((part) => renameIn(part, rename)) };
    case "choice":
      return { ...node, options: node.options.map((option) => renameIn(option, rename)) };
    case "repeat":
      return { ...node, body: renameIn(node.body, rename) };
  }
}
