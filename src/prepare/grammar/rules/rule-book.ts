import { choice, EMPTY, type Grammar, type GrammarNode, ruleNode, sequence, text } from "./grammar-node.js";

/** The rules of a grammar that is being compiled. */
export class RuleBook {
  readonly #rules = new Map<string, GrammarNode>();
  /** The names in the order in which they were taken. */
  readonly #names: string[] = [];
  #nextNumber = 1;

  get rules(): Grammar {
    return this.#rules;
  }

  /** Sets the rule of exactly this name. */
  define(name: string, node: GrammarNode): void {
    if (!this.#rules.has(name)) this.#names.push(name);
    this.#rules.set(name, node);
  }

  /** Takes an unused name, made of the hint and a number. The caller defines the rule later. */
  reserve(hint: string): string {
    let name: string;
    do name = `${hint}-${this.#nextNumber++}`;
    while (this.#rules.has(name));
    this.define(name, EMPTY);
    return name;
  }

  /** A reference to a new rule. */
  add(hint: string, node: GrammarNode): GrammarNode {
    const name = this.reserve(hint);
    this.#rules.set(name, node);
    return ruleNode(name);
  }

  /** A reference to the rule of this name, which `compile` provides on the first use. */
  share(name: string, compile: () => GrammarNode): GrammarNode {
    if (!this.#rules.has(name)) {
      this.define(name, EMPTY);
      this.#rules.set(name, compile());
    }
    return ruleNode(name);
  }

  /** Compiles something, and leaves the book as it was if that fails. */
  attempt<T>(compile: () => T): T {
    const known = this.#names.length;
    try {
      return compile();
    } catch (error) {
      for (const name of this.#names.splice(known)) this.#rules.delete(name);
      throw error;
    }
  }

  /** The node `min` to `max` times. A node of more than one symbol becomes a rule, since llama.cpp multiplies nested repetitions out. */
  repeat(node: GrammarNode, min: number, max: number): GrammarNode {
    if (max === 0) return EMPTY;
    if (min === 1 && max === 1) return node;
    const isSimple = node.type === "text" || node.type === "chars" || node.type === "rule";
    if (node.type === "sequence" && node.parts.length === 0) return EMPTY;
    return { type: "repeat", body: isSimple ? node : this.add("part", node), min, max };
  }

  /** A list of `min` to `max` items with the separator between them. */
  list(item: GrammarNode, separator: GrammarNode, { min, max }: { min: number; max: number }): GrammarNode {
    if (max === 0) return EMPTY;
    const rest = this.repeat(sequence(separator, item), Math.max(0, min - 1), max - 1);
    const some = sequence(item, rest);
    return min === 0 ? { type: "choice", options: [some, EMPTY] } : some;
  }
}

/** The most nested groups of a choice of texts. The next level becomes a rule. */
const LEVELS_PER_RULE = 8;

/** A text and the node that follows it. */
export type TextEntry = readonly [text: string, then: GrammarNode];

/**
 * One of the texts, written as a tree of their common beginnings, so that at each position every alternative begins with another character.
 * @param entries at least one; a text that is given twice counts once
 */
export function textChoice(book: RuleBook, entries: readonly TextEntry[]): GrammarNode {
  const build = (among: readonly CharEntry[], at: number, level: number): GrammarNode => {
    const [first] = among;
    if (first === undefined) return EMPTY;
    if (among.length === 1) return sequence(text(first[0].slice(at).join("")), first[1]);
    const end = sharedEnd(among, first, at);
    const next = (group: readonly CharEntry[]): GrammarNode =>
      (level + 1) % LEVELS_PER_RULE === 0
        ? book.add("texts", build(group, end, level + 1))
        : build(group, end, level + 1);
    return sequence(text(first[0].slice(at, end).join("")), choice(...groupByChar(among, end).map(next)));
  };
  const split = [...new Map(entries)].map(([value, then]) => [Array.from(value), then] as const);
  return build(split, 0, 0);
}

type CharEntry = readonly [chars: readonly string[], then: GrammarNode];

/** The index of the first character in which the texts differ. They are equal up to `at`. */
function sharedEnd(among: readonly CharEntry[], first: CharEntry, at: number): number {
  let end = at;
  while (first[0].length > end && among.every(([chars]) => chars[end] === first[0][end])) end += 1;
  return end;
}

function groupByChar(among: readonly CharEntry[], at: number): CharEntry[][] {
  const groups = new Map<string | undefined, CharEntry[]>();
  for (const entry of among) {
    const group = groups.get(entry[0][at]);
    if (group === undefined) groups.set(entry[0][at], [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}
