import { COMMA } from "../json/value-grammar.js";
import { choice, EMPTY, type GrammarNode, sequence } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { type Entry, EntryTree } from "./entry-tree.js";
import { NoValueProblem, problemAt } from "./schema-keywords.js";

/** With more values, those of an array come in the order in which the schema lists them. Every order of `n` values takes 2^n rules. */
const MAX_FREE_ORDER = 5;
/** The most rules for the values and the count of those that are written. */
const MAX_STATES = 1_000;

/** A list of different values, given as JSON, in any order if they are few. */
export function distinctItems(
  book: RuleBook,
  values: readonly string[],
  { min, max, at }: { min: number; max: number; at: string },
): GrammarNode {
  const most = Math.min(max, values.length);
  if (min > values.length) {
    throw new NoValueProblem(at, `minItems ${min} is more than ${values.length}, the number of different items`);
  }
  const isFree = values.length <= MAX_FREE_ORDER;
  const counts = Math.max(min, most < values.length ? most : 0) + 1;
  if (!isFree && counts * values.length > MAX_STATES) {
    throw problemAt(at, `the counts of ${values.length} different items need more than ${MAX_STATES} rules`);
  }
  const tree = new EntryTree(book);
  const known = new Map<string, GrammarNode | undefined>();
  const keyOf = (count: number): number => (most < values.length ? count : Math.min(count, min));
  /** The continuation after `count` values, of which `left` are not written yet. */
  const after = (left: readonly number[], count: number): GrammarNode | undefined => {
    const key = `${left.join(",")} ${keyOf(count)}`;
    if (!known.has(key)) known.set(key, build(left, count));
    return known.get(key);
  };
  const build = (left: readonly number[], count: number): GrammarNode | undefined => {
    const entries: Entry[] = [];
    for (const [position, index] of count < most ? left.entries() : []) {
      const others = isFree ? left.filter((other) => other !== index) : left.slice(position + 1);
      const then = after(others, count + 1);
      const id = `${index} ${others.join(",")} ${keyOf(count + 1)}`;
      if (then !== undefined) entries.push({ id, text: values[index] ?? "", then });
    }
    const next = entries.length > 0 ? [sequence(count === 0 ? EMPTY : COMMA, tree.choice(entries))] : [];
    const options = count >= min ? [...next, EMPTY] : next;
    return options.length === 0 ? undefined : book.add("distinct", choice(...options));
  };
  const list = after(
    values.map((_, index) => index),
    0,
  );
  if (list === undefined) throw new NoValueProblem(at, "no list of different items is long enough");
  return list;
}
