import { choice, type GrammarNode, oneOf, optional, sequence, text } from "./grammar-node.js";
import { digitsGrammar, integerGrammar, LARGEST_INTEGER, MOST_DIGITS, naturalGrammar } from "./integer-grammar.js";
import type { JsonObject } from "../../core/json.js";
import type { RuleBook } from "./rule-book.js";
import { problemAt, readNumber } from "./schema-keywords.js";

/** Above this, fractions could not be told from the next integer by a reader that has doubles. */
const LARGEST_NUMBER_BOUND = 10 ** 12;

/** A number as JSON writes it, finite for every reader. */
export function anyNumber(book: RuleBook): GrammarNode {
  const exponent = sequence(oneOf("eE"), optional(oneOf("+-")), book.repeat(oneOf("0-9"), 1, 2));
  return book.share("number", () =>
    sequence(optional(text("-")), naturalGrammar(book), optional(fraction(book, MOST_DIGITS)), optional(exponent)),
  );
}

/** An integer within the schema's bounds. */
export function boundedInteger(book: RuleBook, schema: JsonObject, at: string): GrammarNode {
  const { low, high } = readBounds(schema, at);
  const min =
    low === undefined ? undefined : Math.ceil(low.value) + (low.isOpen && Number.isInteger(low.value) ? 1 : 0);
  const max =
    high === undefined ? undefined : Math.floor(high.value) - (high.isOpen && Number.isInteger(high.value) ? 1 : 0);
  for (const bound of [min, max]) {
    if (bound !== undefined && !Number.isSafeInteger(bound)) {
      throw problemAt(at, `a bound of ${bound} is beyond ${Number.MAX_SAFE_INTEGER}, up to which integers are exact`);
    }
  }
  const least = min ?? Math.min(-LARGEST_INTEGER, max ?? 0);
  const most = max ?? Math.max(LARGEST_INTEGER, min ?? 0);
  const grammar = integerGrammar(book, least, most);
  if (grammar === undefined) throw problemAt(at, `no integer is within its bounds (${least} to ${most})`);
  return grammar;
}

/** A number within the schema's bounds, which must be integers; written without an exponent. */
export function boundedNumber(book: RuleBook, schema: JsonObject, at: string): GrammarNode {
  const { low, high } = readBounds(schema, at);
  for (const bound of [low, high]) {
    if (bound === undefined) continue;
    if (!Number.isInteger(bound.value) || Math.abs(bound.value) > LARGEST_NUMBER_BOUND) {
      throw problemAt(
        at,
        `a bound of ${bound.value} for numbers is not supported: only integers up to ${LARGEST_NUMBER_BOUND} can be held exactly`,
      );
    }
  }
  const negative = magnitudes(
    book,
    high === undefined ? undefined : negate(high),
    low === undefined ? undefined : negate(low),
  );
  const positive = magnitudes(book, low, high);
  const options = [
    ...(negative === undefined ? [] : [sequence(text("-"), negative)]),
    ...(positive === undefined ? [] : [positive]),
  ];
  if (options.length === 0) throw problemAt(at, "no number is within its bounds");
  return choice(...options);
}

interface Bound {
  readonly value: number;
  /** It is not within the bounds itself. */
  readonly isOpen: boolean;
}

function readBounds(schema: JsonObject, at: string): { low: Bound | undefined; high: Bound | undefined } {
  const bound = (keyword: string, isOpen: boolean): Bound | undefined => {
    const value = readNumber(schema, keyword, at);
    return value === undefined ? undefined : { value, isOpen };
  };
  const tighter = (one: Bound | undefined, other: Bound | undefined, sign: 1 | -1): Bound | undefined => {
    if (one === undefined || other === undefined) return one ?? other;
    const difference = sign * (one.value - other.value);
    return difference > 0 || (difference === 0 && one.isOpen) ? one : other;
  };
  return {
    low: tighter(bound("exclusiveMinimum", true), bound("minimum", false), 1),
    high: tighter(bound("exclusiveMaximum", true), bound("maximum", false), -1),
  };
}

function negate({ value, isOpen }: Bound): Bound {
  return { value: -value, isOpen };
}

/** Numbers from 0 on between the bounds, without a sign; undefined where there are none. */
function magnitudes(book: RuleBook, low: Bound | undefined, high: Bound | undefined): GrammarNode | undefined {
  const from: Bound = low === undefined || low.value < 0 ? { value: 0, isOpen: false } : low;
  const to: Bound = high ?? { value: LARGEST_NUMBER_BOUND, isOpen: false };
  if (from.value > to.value || (from.value === to.value && (from.isOpen || to.isOpen))) return undefined;
  const digits = MOST_DIGITS - String(to.value).length;
  const options: GrammarNode[] = [];
  if (from.isOpen) options.push(sequence(text(String(from.value)), fractionAboveZero(book, digits)));
  const between = digitsGrammar(book, from.isOpen ? from.value + 1 : from.value, to.value - 1);
  if (between !== undefined) options.push(sequence(between, optional(fraction(book, digits))));
  if (!to.isOpen) options.push(text(String(to.value)));
  return choice(...options);
}

function fraction(book: RuleBook, digits: number): GrammarNode {
  return sequence(text("."), book.repeat(oneOf("0-9"), 1, digits));
}

/** One digit at least is not 0; so many zeros and no more come before it. */
function fractionAboveZero(book: RuleBook, digits: number): GrammarNode {
  const zeros = Math.floor(digits / 2);
  return sequence(
    text("."),
    book.repeat(text("0"), 0, zeros),
    oneOf("1-9"),
    book.repeat(oneOf("0-9"), 0, digits - zeros - 1),
  );
}
