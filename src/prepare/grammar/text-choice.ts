import { choice, EMPTY, type GrammarNode, sequence, text } from "./grammar-node.js";
import type { RuleBook } from "./rule-book.js";

/** So many groups in groups, then a rule. */
const LEVELS_PER_RULE = 8;

/** A text, and what comes after it. */
export type TextEntry = readonly [text: string, then: GrammarNode];

/**
 * One of the texts, written so that beginnings they share stand there once: at no place does an output go on in more ways than it has next characters.
 * @param entries at least one; texts that are there twice are taken once
 */
export function textChoice(book: RuleBook, entries: readonly TextEntry[]): GrammarNode {
  const build = (among: readonly Split[], at: number, level: number): GrammarNode => {
    const [first] = among;
    if (first === undefined) return EMPTY;
    if (among.length === 1) return sequence(text(first[0].slice(at).join("")), first[1]);
    const end = sharedEnd(among, first, at);
    const next = (group: readonly Split[]): GrammarNode =>
      (level + 1) % LEVELS_PER_RULE === 0
        ? book.add("texts", build(group, end, level + 1))
        : build(group, end, level + 1);
    return sequence(text(first[0].slice(at, end).join("")), choice(...groupByChar(among, end).map(next)));
  };
  const splits = [...new Map(entries)].map(([value, then]) => [Array.from(value), then] as const);
  return build(splits, 0, 0);
}

type Split = readonly [chars: readonly string[], then: GrammarNode];

/** Where the texts, which are the same up to `at`, part. */
function sharedEnd(among: readonly Split[], first: Split, at: number): number {
  let end = at;
  while (first[0].length > end && among.every(([chars]) => chars[end] === first[0][end])) end += 1;
  return end;
}

function groupByChar(among: readonly Split[], at: number): Split[][] {
  const groups = new Map<string | undefined, Split[]>();
  for (const entry of among) {
    const group = groups.get(entry[0][at]);
    if (group === undefined) groups.set(entry[0][at], [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}
