import type { JsonObject } from "../../../core/json.js";
import { digitsGrammar, fractionGrammar, integerGrammar, LARGEST_INTEGER, MAX_DIGITS } from "../json/number-grammar.js";
import { choice, type GrammarNode, oneOf, optional, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { problemAt, readNumber } from "./schema-keywords.js";

/** Above this bound a parser that uses doubles could not tell a fraction from the next integer. */
const LARGEST_NUMBER_BOUND = 10 ** 12;

/** An integer within the schema's bounds. */
export function boundedInteger(book: RuleBook, schema: JsonObject, at: string): GrammarNode {
  const { low, high } = readBounds(schema, at);
  const min =
    low === undefined ? undefined : Math.ceil(low.value) + (low.isOpen && Number.isInteger(low.value) ? 1 : 0);
  const max =
    high === undefined ? undefined : Math.floor(high.value) - (high.isOpen && Number.isInteger(high.value) ? 1 : 0);
  for (const bound of [min, max]) {
    if (bound !== undefined && !Number.isSafeInteger(bound)) {
      throw problemAt(at, `the bound ${bound} is beyond ${Number.MAX_SAFE_INTEGER}, the largest exact integer`);
    }
  }
  const least = min ?? Math.min(-LARGEST_INTEGER, max ?? 0);
  const most = max ?? Math.max(LARGEST_INTEGER, min ?? 0);
  const grammar = integerGrammar(book, least, most);
  if (grammar === undefined) throw problemAt(at, `no integer lies within its bounds (${least} to ${most})`);
  return grammar;
}

/** A number within the schema's bounds, which must be integers. It has no exponent. */
export function boundedNumber(book: RuleBook, schema: JsonObject, at: string): GrammarNode {
  const { low, high } = readBounds(schema, at);
  for (const bound of [low, high]) {
    if (bound === undefined) continue;
    if (!Number.isInteger(bound.value) || Math.abs(bound.value) > LARGEST_NUMBER_BOUND) {
      throw problemAt(
        at,
        `the bound ${bound.value} of a number is not supported; it must be an integer from -${LARGEST_NUMBER_BOUND} to ${LARGEST_NUMBER_BOUND}`,
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
  if (options.length === 0) throw problemAt(at, "no number lies within its bounds");
  return choice(...options);
}

interface NumberBound {
  readonly value: number;
  /** Whether the value itself lies outside the bounds. */
  readonly isOpen: boolean;
}

function readBounds(schema: JsonObject, at: string): { low: NumberBound | undefined; high: NumberBound | undefined } {
  const bound = (keyword: string, isOpen: boolean): NumberBound | undefined => {
    const value = readNumber(schema, keyword, at);
    return value === undefined ? undefined : { value, isOpen };
  };
  const tighter = (
    one: NumberBound | undefined,
    other: NumberBound | undefined,
    sign: 1 | -1,
  ): NumberBound | undefined => {
    if (one === undefined || other === undefined) return one ?? other;
    const difference = sign * (one.value - other.value);
    return difference > 0 || (difference === 0 && one.isOpen) ? one : other;
  };
  return {
    low: tighter(bound("exclusiveMinimum", true), bound("minimum", false), 1),
    high: tighter(bound("exclusiveMaximum", true), bound("maximum", false), -1),
  };
}

function negate({ value, isOpen }: NumberBound): NumberBound {
  return { value: -value, isOpen };
}

/** The unsigned numbers between the bounds. undefined means that there are none. */
function magnitudes(
  book: RuleBook,
  low: NumberBound | undefined,
  high: NumberBound | undefined,
): GrammarNode | undefined {
  const from: NumberBound = low === undefined || low.value < 0 ? { value: 0, isOpen: false } : low;
  const to: NumberBound = high ?? { value: LARGEST_NUMBER_BOUND, isOpen: false };
  if (from.value > to.value || (from.value === to.value && (from.isOpen || to.isOpen))) return undefined;
  const digits = MAX_DIGITS - String(to.value).length;
  const options: GrammarNode[] = [];
  if (from.isOpen) options.push(sequence(text(String(from.value)), fractionAboveZero(book, digits)));
  const between = digitsGrammar(book, from.isOpen ? from.value + 1 : from.value, to.value - 1);
  if (between !== undefined) options.push(sequence(between, optional(fractionGrammar(book, digits))));
  if (!to.isOpen) options.push(text(String(to.value)));
  return choice(...options);
}

/** A fraction with at least one digit that is not 0. Zeros take at most half of the digits before it. */
function fractionAboveZero(book: RuleBook, digits: number): GrammarNode {
  const zeros = Math.floor(digits / 2);
  return sequence(
    text("."),
    book.repeat(text("0"), 0, zeros),
    oneOf("1-9"),
    book.repeat(oneOf("0-9"), 0, digits - zeros - 1),
  );
}
