import type { Grammar, GrammarNode } from "./grammar-node.js";

/** The rules that may be the empty text. */
export function findEmptyRules(grammar: Grammar): ReadonlySet<string> {
  return grow(grammar, mayBeEmpty);
}

/** Whether the node may be the empty text, where these rules may. */
export function mayBeEmpty(node: GrammarNode, empty: ReadonlySet<string>): boolean {
  switch (node.type) {
    case "text":
    case "chars":
      return false;
    case "rule":
      return empty.has(node.name);
    case "sequence":
      return node.parts.every((part) => mayBeEmpty(part, empty));
    case "choice":
      return node.options.some((option) => mayBeEmpty(option, empty));
    case "repeat":
      return node.min === 0 || mayBeEmpty(node.body, empty);
  }
}

/** The rules whose text never comes to an end. */
export function findEndlessRules(grammar: Grammar): readonly string[] {
  const ending = grow(grammar, canEnd);
  return [...grammar.keys()].filter((name) => !ending.has(name));
}

function canEnd(node: GrammarNode, ending: ReadonlySet<string>): boolean {
  switch (node.type) {
    case "text":
    case "chars":
      return true;
    case "rule":
      return ending.has(node.name);
    case "sequence":
      return node.parts.every((part) => canEnd(part, ending));
    case "choice":
      return node.options.some((option) => canEnd(option, ending));
    case "repeat":
      return node.min === 0 || canEnd(node.body, ending);
  }
}

/** The least set of rules that has the property: each rule is looked at again when one that it refers to has joined the set. */
function grow(
  grammar: Grammar,
  holds: (node: GrammarNode, known: ReadonlySet<string>) => boolean,
): ReadonlySet<string> {
  const users = new Map<string, Set<string>>();
  for (const [name, node] of grammar) noteUses(node, name, users);
  const known = new Set<string>();
  const due = [...grammar.keys()];
  for (let name = due.pop(); name !== undefined; name = due.pop()) {
    const node = grammar.get(name);
    if (known.has(name) || node === undefined || !holds(node, known)) continue;
    known.add(name);
    due.push(...(users.get(name) ?? []));
  }
  return known;
}

function noteUses(node: GrammarNode, user: string, users: Map<string, Set<string>>): void {
  if (node.type === "rule") {
    const those = users.get(node.name) ?? new Set<string>();
    users.set(node.name, those.add(user));
  } else if (node.type === "sequence") {
    for (const part of node.parts) noteUses(part, user, users);
  } else if (node.type === "choice") {
    for (const option of node.options) noteUses(option, user, users);
  } else if (node.type === "repeat") {
    noteUses(node.body, user, users);
  }
}
