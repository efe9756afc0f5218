import { type CharRange, choice, EMPTY, type GrammarNode, oneOf, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { type Decimal, type DecimalStep, unitsAt } from "./decimal.js";
import { MAX_DIGITS } from "./number-grammar.js";

/** A bound of a magnitude, which is not negative. */
export interface DecimalBound extends Decimal {
  /** Whether the bound itself is outside. */
  readonly isOpen: boolean;
}

interface DecimalRange {
  readonly low: DecimalBound;
  readonly high: DecimalBound;
  /** Every number is a multiple of the step. By default each has as many digits after its point as fit into 15 digits. */
  readonly step?: DecimalStep | undefined;
}

/** The unsigned decimals between the bounds. Each character leaves one alternative. undefined means that there are none. */
export function decimalGrammar(book: RuleBook, range: DecimalRange): GrammarNode | undefined {
  return new DecimalWriter(book, range).write();
}

/** The digits written so far. */
interface Prefix {
  readonly digits: number;
  readonly value: bigint;
  /** The value of all digits so far in the step's last place. */
  readonly remainder: bigint;
}

/** The digits after the point so far, of which each bound may still decide what follows. */
interface Fraction {
  readonly wholeDigits: number;
  readonly digits: number;
  readonly isAtLow: boolean;
  readonly isAtHigh: boolean;
  readonly remainder: bigint;
}

/** Writes a range as an automaton over digits, of which each state that decides something becomes a rule. */
class DecimalWriter {
  readonly #book: RuleBook;
  readonly #step: bigint;
  readonly #stepPlaces: number | undefined;
  readonly #low: { readonly whole: bigint; readonly fraction: string; readonly isOpen: boolean };
  readonly #high: { readonly whole: bigint; readonly fraction: string; readonly isOpen: boolean };
  readonly #known = new Map<string, GrammarNode | undefined>();
  readonly #rules = new Map<string, GrammarNode>();

  constructor(book: RuleBook, { low, high, step }: DecimalRange) {
    this.#book = book;
    this.#step = step?.decimal.units ?? 1n;
    this.#stepPlaces = step?.decimal.places;
    this.#low = splitBound(low);
    this.#high = splitBound(high);
  }

  write(): GrammarNode | undefined {
    if (this.#low.whole > this.#high.whole) return undefined;
    const options: GrammarNode[] = [];
    const zero = this.#after({ digits: 1, value: 0n, remainder: 0n }, [0]);
    if (zero !== undefined) options.push(sequence(text("0"), zero));
    const first = { digits: 0, value: 0n, remainder: 0n };
    options.push(...this.#digits(1, (digit) => this.#whole(append(first, digit, this.#step))));
    return options.length === 0 ? undefined : this.#rule(options);
  }

  #whole(prefix: Prefix): GrammarNode | undefined {
    const lengths: number[] = [];
    let isDecided = true;
    for (let more = 0, span = 1n; prefix.value * span <= this.#high.whole; more += 1, span *= 10n) {
      const [first, last] = [prefix.value * span, prefix.value * span + span - 1n];
      if (last < this.#low.whole) continue;
      if (first <= this.#low.whole || last >= this.#high.whole) isDecided = false;
      lengths.push(more);
    }
    if (lengths.length === 0) return undefined;
    const key = `${prefix.digits} ${isDecided ? "" : prefix.value} ${lengths.join(",")} ${prefix.remainder}`;
    return this.#remember(key, () => this.#after(prefix, lengths));
  }

  /** The continuation of the digits before the point, of which `lengths` more may come. */
  #after(prefix: Prefix, lengths: readonly number[]): GrammarNode | undefined {
    const options: GrammarNode[] = [];
    if (lengths.some((more) => more > 0)) {
      options.push(...this.#digits(0, (digit) => this.#whole(append(prefix, digit, this.#step))));
    }
    const { value } = prefix;
    if (lengths.includes(0) && value >= this.#low.whole && value <= this.#high.whole) {
      const fraction: Fraction = {
        wholeDigits: prefix.digits,
        digits: 0,
        isAtLow: value === this.#low.whole,
        isAtHigh: value === this.#high.whole,
        remainder: prefix.remainder,
      };
      const more = this.#moreDigits(fraction);
      if (more !== undefined) options.push(sequence(text("."), more));
      if (this.#mayEnd(fraction)) options.push(EMPTY);
    }
    return options.length === 0 ? undefined : this.#rule(options);
  }

  /** The digits after the point, at least one more. */
  #moreDigits(before: Fraction): GrammarNode | undefined {
    const { digits, remainder } = before;
    const left = (this.#stepPlaces ?? MAX_DIGITS - before.wholeDigits) - digits;
    const isAtLow = before.isAtLow && (this.#low.isOpen || !isZero(this.#low.fraction, digits));
    const isAtHigh = before.isAtHigh;
    if (left <= 0 || (isAtHigh && isZero(this.#high.fraction, digits))) return undefined;
    if (!isAtLow && !isAtHigh && this.#step === 1n) return this.#book.repeat(oneOf("0-9"), 1, left);
    return this.#remember(`. ${left} ${isAtLow} ${isAtHigh} ${digits} ${remainder}`, () => {
      const [low, high] = [digitAt(this.#low.fraction, digits), digitAt(this.#high.fraction, digits)];
      const options = this.#digits(0, (digit) => {
        if ((isAtLow && digit < low) || (isAtHigh && digit > high)) return undefined;
        const next: Fraction = {
          ...before,
          digits: digits + 1,
          isAtLow: isAtLow && digit === low,
          isAtHigh: isAtHigh && digit === high,
          remainder: (remainder * 10n + BigInt(digit)) % this.#step,
        };
        const more = this.#moreDigits(next);
        if (!this.#mayEnd(next)) return more;
        return more === undefined ? EMPTY : this.#rule([more, EMPTY]);
      });
      return options.length === 0 ? undefined : this.#rule(options);
    });
  }

  #mayEnd({ digits, isAtLow, isAtHigh, remainder }: Fraction): boolean {
    const { fraction: low } = this.#low;
    if (isAtLow && (this.#low.isOpen || !isZero(low, digits))) return false;
    if (isAtHigh && this.#high.isOpen && isZero(this.#high.fraction, digits)) return false;
    return (remainder * 10n ** BigInt((this.#stepPlaces ?? digits) - digits)) % this.#step === 0n;
  }

  /** An option for each group of digits with the same rest. */
  #digits(from: number, restOf: (digit: number) => GrammarNode | undefined): GrammarNode[] {
    const groups = new Map<string, { ranges: CharRange[]; rest: GrammarNode }>();
    for (let digit = from; digit <= 9; digit += 1) {
      const rest = restOf(digit);
      if (rest === undefined) continue;
      const point = 0x30 + digit;
      const key = JSON.stringify(rest);
      const group = groups.get(key);
      const last = group?.ranges.at(-1);
      if (group === undefined) groups.set(key, { ranges: [[point, point]], rest });
      else if (last?.[1] === point - 1) group.ranges[group.ranges.length - 1] = [last[0], point];
      else group.ranges.push([point, point]);
    }
    return [...groups.values()].map(({ ranges, rest }) => sequence({ type: "chars", ranges, isNegated: false }, rest));
  }

  #remember(key: string, find: () => GrammarNode | undefined): GrammarNode | undefined {
    if (!this.#known.has(key)) this.#known.set(key, find());
    return this.#known.get(key);
  }

  /** Equal options are one rule. */
  #rule(options: readonly GrammarNode[]): GrammarNode {
    const [first, second] = options;
    if (first !== undefined && options.length === 1) return first;
    if (options.length === 2 && first?.type === "repeat" && second === EMPTY && first.min === 1) {
      return { ...first, min: 0 };
    }
    const key = JSON.stringify(options);
    let rule = this.#rules.get(key);
    if (rule === undefined) {
      rule = this.#book.add("digits", choice(...options));
      this.#rules.set(key, rule);
    }
    return rule;
  }
}

function append({ digits, value, remainder }: Prefix, digit: number, step: bigint): Prefix {
  const more = BigInt(digit);
  return { digits: digits + 1, value: value * 10n + more, remainder: (remainder * 10n + more) % step };
}

function splitBound({ units, places, isOpen }: DecimalBound): { whole: bigint; fraction: string; isOpen: boolean } {
  const scale = 10n ** BigInt(places);
  return { whole: units / scale, fraction: (units % scale).toString().padStart(places, "0").slice(0, places), isOpen };
}

function digitAt(fraction: string, index: number): number {
  return Number(fraction[index] ?? "0");
}

function isZero(fraction: string, from: number): boolean {
  return /^0*$/.test(fraction.slice(from));
}

/** The bound with at most that many digits after its point, moved inwards. */
export function boundWithin(bound: DecimalBound, places: number, direction: "up" | "down"): DecimalBound {
  if (bound.places <= places) return bound;
  const scale = 10n ** BigInt(bound.places - places);
  const [down, isExact] = [bound.units / scale, bound.units % scale === 0n];
  if (isExact) return { units: down, places, isOpen: bound.isOpen };
  return { units: direction === "up" ? down + 1n : down, places, isOpen: false };
}

/** Compares two decimals: below 0 if the first is less. */
export function compareDecimals(one: Decimal, other: Decimal): number {
  const places = Math.max(one.places, other.places);
  const [left, right] = [unitsAt(one, places), unitsAt(other, places)];
  return left < right ? -1 : left > right ? 1 : 0;
}
