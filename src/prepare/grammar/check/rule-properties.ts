import { type Grammar, type GrammarNode, ROOT_RULE } from "../rules/grammar-node.js";

/** The rules of one slice of work. */
const RULES_PER_SLICE = 256;

/** The rules that match the empty text. It yields between slices of work. */
export function* findNullableRules(grammar: Grammar): Generator<undefined, ReadonlySet<string>> {
  return yield* grow(grammar, isNullable);
}

/** Whether the node matches the empty text, given the rules that do. */
export function isNullable(node: GrammarNode, nullable: ReadonlySet<string>): boolean {
  switch (node.type) {
    case "text":
    case "chars":
      return false;
    case "rule":
      return nullable.has(node.name);
    case "sequence":
      return node.parts.every((part) => isNullable(part, nullable));
    case "choice":
      return node.options.some((option) => isNullable(option, nullable));
    case "repeat":
      return node.min === 0 || isNullable(node.body, nullable);
  }
}

/** The rules that match no finite text. It yields between slices of work. */
export function* findEndlessRules(grammar: Grammar): Generator<undefined, readonly string[]> {
  const ending = yield* grow(grammar, canEnd);
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

/** The least set of rules with the property. A rule is examined again when one that it refers to joins the set. */
function* grow(
  grammar: Grammar,
  holds: (node: GrammarNode, known: ReadonlySet<string>) => boolean,
): Generator<undefined, ReadonlySet<string>> {
  const users = new Map<string, Set<string>>();
  let done = 0;
  for (const [name, node] of grammar) {
    if (++done % RULES_PER_SLICE === 0) yield;
    noteUses(node, name, users);
  }
  const known = new Set<string>();
  const due = [...grammar.keys()];
  for (let name = due.pop(); name !== undefined; name = due.pop()) {
    if (++done % RULES_PER_SLICE === 0) yield;
    const node = grammar.get(name);
    if (known.has(name) || node === undefined || !holds(node, known)) continue;
    known.add(name);
    due.push(...(users.get(name) ?? []));
  }
  return known;
}

function noteUses(node: GrammarNode, user: string, users: Map<string, Set<string>>): void {
  if (node.type === "rule") {
    const known = users.get(node.name) ?? new Set<string>();
    users.set(node.name, known.add(user));
  } else if (node.type === "sequence") {
    for (const part of node.parts) noteUses(part, user, users);
  } else if (node.type === "choice") {
    for (const option of node.options) noteUses(option, user, users);
  } else if (node.type === "repeat") {
    noteUses(node.body, user, users);
  }
}

/**
 * Whether the grammar alone decides where an output ends: no part at the end is optional or freely repeated. In a closed grammar that is unambiguous,
 * no output is the beginning of another. It yields between slices of work.
 */
export function* isClosed(grammar: Grammar): Generator<undefined, boolean> {
  const nullable = yield* findNullableRules(grammar);
  const met = new Set<string>();
  const due = [ROOT_RULE];
  for (let name = due.pop(); name !== undefined; name = due.pop()) {
    if (met.size % RULES_PER_SLICE === 0) yield;
    const node = grammar.get(name);
    if (met.has(name) || node === undefined) continue;
    met.add(name);
    if (!closes(node, nullable, due)) return false;
  }
  return true;
}

/** Puts the rules at the node's end on `due`, since they have to be closed as well. */
function closes(node: GrammarNode, nullable: ReadonlySet<string>, due: string[]): boolean {
  switch (node.type) {
    case "text":
    case "chars":
      return true;
    case "rule":
      due.push(node.name);
      return true;
    case "sequence": {
      const last = node.parts.at(-1);
      return last === undefined || (!isNullable(last, nullable) && closes(last, nullable, due));
    }
    case "choice":
      return node.options.every((option) => !isNullable(option, nullable) && closes(option, nullable, due));
    case "repeat":
      return node.min === node.max && closes(node.body, nullable, due);
  }
}
