import { choice, EMPTY, type GrammarNode, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";

/** A text that may come next, and the node that follows it. */
export interface Entry {
  /** Equal for entries with the same text and the same node. */
  readonly id: string;
  readonly text: string;
  readonly then: GrammarNode;
}

/**
 * Writes choices of texts as trees of their common beginnings, so that at each position every alternative begins with another character. Choices of one
 * object have most entries in common, and parts that they share become one rule.
 */
export class EntryTree {
  readonly #book: RuleBook;
  readonly #known = new Map<string, GrammarNode>();

  constructor(book: RuleBook) {
    this.#book = book;
  }

  /** @param entries at least one, with different texts */
  choice(entries: readonly Entry[]): GrammarNode {
    return this.#build(entries, 0);
  }

  #build(entries: readonly Entry[], at: number): GrammarNode {
    const [first] = entries;
    if (first === undefined) return EMPTY;
    if (entries.length === 1) return sequence(text(first.text.slice(at)), first.then);
    const key = `${at} ${entries.map(({ id }) => id).join(" ")}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const end = sharedEnd(entries, first.text, at);
    const groups = new Map<string, Entry[]>();
    for (const entry of entries) {
      const char = charAt(entry.text, end);
      groups.set(char, [...(groups.get(char) ?? []), entry]);
    }
    const options = [...groups.values()].map((group) => this.#build(group, end));
    const node = this.#book.add("texts", sequence(text(first.text.slice(at, end)), choice(...options)));
    this.#known.set(key, node);
    return node;
  }
}

/** The index of the first character in which the texts differ. They are equal up to `at`. */
function sharedEnd(entries: readonly Entry[], first: string, at: number): number {
  let end = at;
  for (let char = charAt(first, end); char !== ""; char = charAt(first, end)) {
    if (entries.some((entry) => charAt(entry.text, end) !== char)) break;
    end += char.length;
  }
  return end;
}

function charAt(text: string, index: number): string {
  const point = text.codePointAt(index);
  return point === undefined ? "" : String.fromCodePoint(point);
}
