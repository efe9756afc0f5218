import { choice, EMPTY, type GrammarNode, oneOf, optional, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";

/** The most digits of an unbounded number. Every JSON parser keeps numbers of this length apart. */
export const MAX_DIGITS = 15;
export const LARGEST_INTEGER = 10 ** MAX_DIGITS - 1;

/** Any number in JSON's notation that is finite for every parser. */
export function anyNumber(book: RuleBook): GrammarNode {
  const exponent = sequence(oneOf("eE"), optional(oneOf("+-")), book.repeat(oneOf("0-9"), 1, 2));
  return book.share("number", () =>
    sequence(
      optional(text("-")),
      naturalGrammar(book),
      optional(fractionGrammar(book, MAX_DIGITS)),
      optional(exponent),
    ),
  );
}

/** A decimal point and 1 to `digits` digits. */
function fractionGrammar(book: RuleBook, digits: number): GrammarNode {
  return sequence(text("."), book.repeat(oneOf("0-9"), 1, digits));
}

/** Any integer of at most 15 digits. */
export function anyInteger(book: RuleBook): GrammarNode {
  return book.share("integer", () => sequence(optional(text("-")), naturalGrammar(book)));
}

/** A natural number of at most 15 digits, without leading zeros. */
function naturalGrammar(book: RuleBook): GrammarNode {
  return book.share("natural", () =>
    choice(text("0"), sequence(oneOf("1-9"), book.repeat(oneOf("0-9"), 0, MAX_DIGITS - 1))),
  );
}

/** An integer from `min` to `max`, both safe integers. undefined means that there is none. */
export function integerGrammar(book: RuleBook, min: number, max: number): GrammarNode | undefined {
  const options: GrammarNode[] = [];
  if (min < 0) {
    const negative = digitsGrammar(book, Math.max(1, -max), -min);
    if (negative !== undefined) options.push(sequence(text("-"), negative));
  }
  if (max >= 0) {
    const positive = digitsGrammar(book, Math.max(0, min), max);
    if (positive !== undefined) options.push(positive);
  }
  return options.length === 0 ? undefined : choice(...options);
}

/** The decimal digits of the integers from `low` to `high`, neither of them negative. Each digit leaves one alternative. */
function digitsGrammar(book: RuleBook, low: number, high: number): GrammarNode | undefined {
  if (low > high) return undefined;
  const bounds = { low: BigInt(low), high: BigInt(high) };
  const options: GrammarNode[] = low === 0 ? [text("0")] : [];
  const rest = afterPrefix(book, 0n, bounds);
  if (rest !== undefined) options.push(rest);
  return choice(...options);
}

interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}

/** The digits that may follow `prefix`, at least one. undefined means that none may. A prefix of 0 stands for no digits, since no number begins with 0. */
function afterPrefix(book: RuleBook, prefix: bigint, bounds: Interval): GrammarNode | undefined {
  const groups: { first: number; last: number; rest: GrammarNode; key: string }[] = [];
  for (let digit = prefix === 0n ? 1n : 0n; digit <= 9n; digit += 1n) {
    const rest = fromPrefix(book, prefix * 10n + digit, bounds);
    if (rest === undefined) continue;
    const key = JSON.stringify(rest);
    const last = groups.at(-1);
    if (last?.key === key && last.last === Number(digit) - 1) last.last = Number(digit);
    else groups.push({ first: Number(digit), last: Number(digit), rest, key });
  }
  if (groups.length === 0) return undefined;
  return choice(...groups.map(({ first, last, rest }) => sequence(oneOf(`${first}-${last}`), rest)));
}

/** The digits that may follow `prefix`, or none where the number may end there. */
function fromPrefix(book: RuleBook, prefix: bigint, { low, high }: Interval): GrammarNode | undefined {
  const fits: number[] = [];
  let isWhole = true;
  for (let more = 0, span = 1n; prefix * span <= high; more += 1, span *= 10n) {
    const [first, last] = [prefix * span, prefix * span + span - 1n];
    if (last < low) continue;
    if (first < low || last > high) isWhole = false;
    fits.push(more);
  }
  const [least] = fits;
  if (least === undefined) return undefined;
  if (isWhole) return book.repeat(oneOf("0-9"), least, fits.at(-1) ?? least);
  const longer = afterPrefix(book, prefix, { low, high });
  if (longer === undefined) return EMPTY;
  return prefix >= low ? optional(longer) : longer;
}
