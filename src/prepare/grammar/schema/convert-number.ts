import type { JsonObject } from "../../../core/json.js";
import { type Decimal, decimalOf, DecimalStep } from "../json/decimal.js";
import { boundWithin, compareDecimals, type DecimalBound, decimalGrammar } from "../json/decimal-grammar.js";
import { anyInteger, anyNumber, integerGrammar, LARGEST_INTEGER, MAX_DIGITS } from "../json/number-grammar.js";
import { choice, type GrammarNode, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { listOf, placeOf } from "./plain-schema.js";
import { NoValueProblem, problemAt, readNumber } from "./schema-keywords.js";
import type { UnheldKeywords } from "./unheld-keywords.js";

/** OpenAPI's formats of numbers with their least and greatest integers. Others, such as `double`, allow what every number allows. */
const NUMBER_FORMATS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int: [-(2 ** 31), 2 ** 31 - 1],
  uint: [0, 2 ** 32 - 1],
  int64: [-LARGEST_INTEGER, LARGEST_INTEGER],
  uint64: [0, LARGEST_INTEGER],
  "safe-int": [-LARGEST_INTEGER, LARGEST_INTEGER],
  float: [-LARGEST_INTEGER, LARGEST_INTEGER],
  double: [-LARGEST_INTEGER, LARGEST_INTEGER],
  decimal: [-LARGEST_INTEGER, LARGEST_INTEGER],
};

/** The states of a step's automaton, which become rules. */
const MAX_STEP_STATES = 400;

const LARGEST_STEP = 1_000n;

/** More than every number of 15 digits with an exponent of two. */
const BEYOND_EXPONENTS = 1e115;

interface NumberBound {
  readonly value: number;
  /** Whether the value itself lies outside the bounds. */
  readonly isOpen: boolean;
}

interface NumberBounds {
  readonly low: NumberBound | undefined;
  readonly high: NumberBound | undefined;
}

/** A number or an integer within the bounds of the schema, and a multiple of its step. */
export function numberOfSchema(
  { book, unheld }: { book: RuleBook; unheld: UnheldKeywords },
  plain: JsonObject,
  { at, isInteger }: { at: string; isInteger: boolean },
): GrammarNode {
  const bounds = readBounds(plain, { at, isInteger, unheld });
  const step = readStep(plain, { at, isInteger, unheld });
  if (step === undefined || (isInteger && step.decimal.units === 1n)) {
    if (bounds.low === undefined && bounds.high === undefined) return isInteger ? anyInteger(book) : anyNumber(book);
    if (isInteger) return boundedInteger(book, bounds, at);
  }
  return boundedDecimal(book, { ...bounds, step }, at);
}

function boundedInteger(book: RuleBook, { low, high }: NumberBounds, at: string): GrammarNode {
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
  if (grammar === undefined) throw new NoValueProblem(at, `no integer lies within its bounds (${least} to ${most})`);
  return grammar;
}

/** A number within the bounds, written without exponent. */
function boundedDecimal(
  book: RuleBook,
  { low, high, step }: NumberBounds & { step: DecimalStep | undefined },
  at: string,
): GrammarNode {
  const digits = step === undefined ? MAX_DIGITS : wholeDigitsWith(step);
  const largest: DecimalBound = { units: 10n ** BigInt(digits) - 1n, places: 0, isOpen: false };
  const zero: DecimalBound = { units: 0n, places: 0, isOpen: false };
  const [from, to] = [low && boundOf(low, at), high && boundOf(high, at)];
  const magnitudes = (least: DecimalBound | undefined, most: DecimalBound | undefined): GrammarNode | undefined => {
    const start = least === undefined || least.units < 0n ? zero : least;
    if (most !== undefined && most.units < 0n) return undefined;
    const end = most === undefined || compareDecimals(most, largest) > 0 ? largest : most;
    const inner = { low: limited(start, step, "up"), high: limited(end, step, "down") };
    const difference = compareDecimals(inner.low, inner.high);
    if (difference > 0 || (difference === 0 && (inner.low.isOpen || inner.high.isOpen))) return undefined;
    return decimalGrammar(book, { ...inner, step });
  };
  const positive = magnitudes(from, to);
  const isNegative = from === undefined || from.units < 0n;
  const negative = isNegative ? magnitudes(to && negated(to), from && negated(from)) : undefined;
  const options = [
    ...(negative === undefined ? [] : [sequence(text("-"), negative)]),
    ...(positive === undefined ? [] : [positive]),
  ];
  if (options.length === 0) {
    const isBeyond = [from, to && negated(to)].some((least) => least && compareDecimals(least, largest) > 0);
    throw new NoValueProblem(
      at,
      isBeyond
        ? `the numbers within its bounds have more digits before the point than the supported ${digits}`
        : "no number lies within its bounds",
    );
  }
  return choice(...options);
}

/** The bound with no more digits than a number may have, moved inwards. */
function limited(bound: DecimalBound, step: DecimalStep | undefined, direction: "up" | "down"): DecimalBound {
  const whole = (bound.units / 10n ** BigInt(bound.places)).toString().length;
  return boundWithin(bound, step?.decimal.places ?? Math.max(0, MAX_DIGITS - whole), direction);
}

function boundOf({ value, isOpen }: NumberBound, at: string): DecimalBound {
  const decimal: Decimal | undefined = decimalOf(value);
  if (decimal === undefined) throw problemAt(at, `the bound ${value} has too many digits after its point`);
  return { ...decimal, isOpen };
}

function negated(bound: DecimalBound): DecimalBound {
  return { ...bound, units: -bound.units };
}

/** The most digits before the point with which the automaton of the step stays small. 0 means that it never does. */
function wholeDigitsWith({ decimal: { units, places } }: DecimalStep): number {
  // The factors 2 and 5 only concern the last digits.
  let rest = units;
  for (const factor of [2n, 5n]) while (rest % factor === 0n) rest /= factor;
  const own = units.toString().length;
  const digits = Math.min(MAX_DIGITS - places, Math.floor(MAX_STEP_STATES / Number(rest)));
  return units > LARGEST_STEP || digits < own + 1 - places ? 0 : Math.max(1, Math.min(digits, own + 6));
}

function readStep(
  plain: JsonObject,
  { at, isInteger, unheld }: { at: string; isInteger: boolean; unheld: UnheldKeywords },
): DecimalStep | undefined {
  let step = isInteger ? DecimalStep.one : undefined;
  for (const value of listOf(plain, "multipleOf")) {
    const place = placeOf(plain, "multipleOf", at);
    const next = DecimalStep.tryOf(value);
    if (next === undefined) throw problemAt(place, `${JSON.stringify(value)} is not a number above 0 with few digits`);
    const both = step === undefined ? next : step.with(next);
    if (wholeDigitsWith(both) > 0) step = both;
    else unheld.noteRestriction(place, `multiples of ${JSON.stringify(value)} need too many rules`);
  }
  return step;
}

function readBounds(
  plain: JsonObject,
  { at, isInteger, unheld }: { at: string; isInteger: boolean; unheld: UnheldKeywords },
): NumberBounds {
  const bound = (keyword: string, isOpen: boolean): NumberBound | undefined => {
    const value = readNumber(plain, keyword, at);
    return value === undefined ? undefined : { value, isOpen };
  };
  let low = tighter(bound("exclusiveMinimum", true), bound("minimum", false), 1);
  let high = tighter(bound("exclusiveMaximum", true), bound("maximum", false), -1);
  for (const format of listOf(plain, "format")) {
    const range = NUMBER_FORMATS[String(format)];
    if (range === undefined) {
      if (plain.type === undefined) continue;
      unheld.noteAnnotation(placeOf(plain, "format", at), `the format ${JSON.stringify(format)} is not held`);
    } else if (isInteger) {
      const [least, most] = range;
      if (least > -LARGEST_INTEGER) low = tighter(low, { value: least, isOpen: false }, 1);
      if (most < LARGEST_INTEGER) high = tighter(high, { value: most, isOpen: false }, -1);
    } else if (range[1] < LARGEST_INTEGER && plain.type !== undefined) {
      const place = placeOf(plain, "format", at);
      unheld.noteAnnotation(place, `the format ${JSON.stringify(format)} is held only for the type "integer"`);
    }
  }
  // A bound that no output reaches says nothing.
  const far = isInteger ? Number.MAX_SAFE_INTEGER : BEYOND_EXPONENTS;
  const isFar = (end: NumberBound | undefined, sign: number): boolean => end !== undefined && sign * end.value > far;
  return { low: isFar(low, -1) ? undefined : low, high: isFar(high, 1) ? undefined : high };
}

function tighter(one: NumberBound | undefined, other: NumberBound | undefined, sign: 1 | -1): NumberBound | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const difference = sign * (one.value - other.value);
  return difference > 0 || (difference === 0 && one.isOpen) ? one : other;
}
