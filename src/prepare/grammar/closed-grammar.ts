import { type Grammar, type GrammarNode, ROOT_RULE } from "./grammar-node.js";
import { findEmptyRules, mayBeEmpty } from "./rule-properties.js";

/**
 * Whether every output ends where it must, and nowhere because the model chooses to: no part at the end is optional or repeated freely. Where at each
 * character there is just one way to read an output, none is the beginning of another then.
 */
export function isClosed(grammar: Grammar): boolean {
  const empty = findEmptyRules(grammar);
  const met = new Set<string>();
  const due = [ROOT_RULE];
  for (let name = due.pop(); name !== undefined; name = due.pop()) {
    const node = grammar.get(name);
    if (met.has(name) || node === undefined) continue;
    met.add(name);
    if (!closes(node, empty, due)) return false;
  }
  return true;
}

/** Puts the rules at the node's end, which have to be closed as well, on `due`. */
function closes(node: GrammarNode, empty: ReadonlySet<string>, due: string[]): boolean {
  switch (node.type) {
    case "text":
    case "chars":
      return true;
    case "rule":
      due.push(node.name);
      return true;
    case "sequence": {
      const last = node.parts.at(-1);
      return last === undefined || (!mayBeEmpty(last, empty) && closes(last, empty, due));
    }
    case "choice":
      return node.options.every((option) => !mayBeEmpty(option, empty) && closes(option, empty, due));
    case "repeat":
      return node.min === node.max && closes(node.body, empty, due);
  }
}
