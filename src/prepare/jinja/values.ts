import { showHidden } from "./hidden-chars.js";
import { takeCharacters, takeSteps } from "./render-work.js";

/**
 * A value of the template language. An integer is a number, or a bigint if a number cannot hold it. Lists, dictionaries and strings are Python's, so lengths
 * and places in strings count code points.
 */
export type JinjaValue =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | FloatNumber
  | Tuple
  | AttributeObject
  | JinjaFunction
  | readonly JinjaValue[]
  | JinjaDict;

export type JinjaDict = ReadonlyMap<JinjaValue, JinjaValue>;
export type JinjaFunction = (args: CallArguments) => JinjaValue;

/** A floating-point number. The literal of a caller's JSON is kept, so that it is written as it was. */
export class FloatNumber {
  readonly value: number;
  readonly literal: string | undefined;

  constructor(value: number, literal?: string) {
    this.value = value;
    this.literal = literal;
  }
}

/** The most digits of an integer that is read or calculated, as Python has it for integers in texts. */
export const MAX_INTEGER_DIGITS = 4_300;

export class Tuple {
  readonly items: readonly JinjaValue[];

  constructor(items: readonly JinjaValue[]) {
    this.items = items;
  }
}

/** A value with attributes only, such as `loop` and a namespace. */
export abstract class AttributeObject {
  abstract attribute(name: string): JinjaValue;
}

/** The object that `namespace()` makes. Its attributes are the only ones that a template may set. */
export class Namespace extends AttributeObject {
  readonly attributes = new Map<string, JinjaValue>();

  override attribute(name: string): JinjaValue {
    return this.attributes.get(name);
  }
}

/**
 * A dictionary that equals no other one. Messages are such: a template that looks for the last question compares messages, and means none that was asked
 * before in the same words.
 */
export class UniqueDict extends Map<JinjaValue, JinjaValue> {}

/** The arguments of a call. */
export class CallArguments {
  readonly positional: readonly JinjaValue[];
  readonly named: ReadonlyMap<string, JinjaValue>;

  constructor(positional: readonly JinjaValue[], named: ReadonlyMap<string, JinjaValue> = NO_NAMES) {
    this.positional = positional;
    this.named = named;
  }

  /** The argument at a position or of a name, or `otherwise` if it is not given. */
  take(index: number, name: string, otherwise?: JinjaValue): JinjaValue {
    if (index < this.positional.length) return this.positional[index];
    return this.named.has(name) ? this.named.get(name) : otherwise;
  }

  /** The text at a position. @throws TypeError when it is no text */
  text(index: number, name: string): string {
    const value = this.take(index, name);
    if (typeof value !== "string") throw new TypeError(`the argument ${name} must be a string, not ${typeName(value)}`);
    return value;
  }

  /** The integer at a position, or `otherwise` if it is not given or none. @throws TypeError when it is something else */
  integer(index: number, name: string, otherwise: number): number {
    const value = this.take(index, name) ?? otherwise;
    if (typeof value !== "number")
      throw new TypeError(`the argument ${name} must be an integer, not ${typeName(value)}`);
    return value;
  }
}

const NO_NAMES: ReadonlyMap<string, JinjaValue> = new Map();

export function isDict(value: JinjaValue): value is JinjaDict {
  return value instanceof Map;
}

export function isList(value: JinjaValue): value is readonly JinjaValue[] {
  return Array.isArray(value);
}

/** The name of a value's type as Python has it. */
export function typeName(value: JinjaValue): string {
  if (value === undefined) return "an undefined value";
  if (value === null) return "none";
  if (isList(value)) return "a list";
  if (isDict(value)) return "a dictionary";
  if (value instanceof Tuple) return "a tuple";
  if (value instanceof FloatNumber) return "a float";
  if (typeof value === "object") return "an object";
  if (typeof value === "function") return "a function";
  if (typeof value === "string") return "a string";
  return typeof value === "boolean" ? "a boolean" : "an integer";
}

export function isTrue(value: JinjaValue): boolean {
  if (isList(value)) return value.length > 0;
  if (isDict(value)) return value.size > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof FloatNumber) return value.value !== 0;
  return Boolean(value);
}

/** A number or a boolean as a JavaScript number, or undefined. */
export function numberOf(value: JinjaValue): number | bigint | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return Number(value);
  return value instanceof FloatNumber ? value.value : undefined;
}

export function areEqual(left: JinjaValue, right: JinjaValue): boolean {
  takeSteps(1);
  if (left === right) return true;
  if (typeof left === "string") {
    // A stand-in has the length of the text that it stands for.
    if (typeof right !== "string" || left.length !== right.length) return false;
    takeCharacters(left.length);
    return showHidden(left) === showHidden(right);
  }
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) return a <= b && a >= b;
  if (isList(left)) return isList(right) && areItemsEqual(left, right);
  if (left instanceof Tuple) return right instanceof Tuple && areItemsEqual(left.items, right.items);
  if (!isDict(left) || !isDict(right) || left.size !== right.size || left instanceof UniqueDict) return false;
  return [...left].every(([key, value]) => right.has(key) && areEqual(value, right.get(key)));
}

function areItemsEqual(left: readonly JinjaValue[], right: readonly JinjaValue[]): boolean {
  return left.length === right.length && left.every((item, index) => areEqual(item, right[index]));
}

/** The order of two values: negative, zero or positive. @throws TypeError when they have none */
export function compareValues(left: JinjaValue, right: JinjaValue): number {
  takeSteps(1);
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) return a < b ? -1 : Number(a > b);
  if (typeof left === "string" && typeof right === "string") {
    takeCharacters(left.length + right.length);
    return compareTexts(showHidden(left), showHidden(right));
  }
  const [lefts, rights] = [itemsIn(left), itemsIn(right)];
  if (lefts === undefined || rights === undefined) {
    throw new TypeError(`cannot compare ${typeName(left)} with ${typeName(right)}`);
  }
  for (let index = 0; index < Math.min(lefts.length, rights.length); index++) {
    const order = compareValues(lefts[index], rights[index]);
    if (order !== 0) return order;
  }
  return lefts.length - rights.length;
}

/** Compares by code points, as Python does. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  let index = 0;
  while (left.codePointAt(index) === right.codePointAt(index)) index++;
  return (left.codePointAt(index) ?? -1) - (right.codePointAt(index) ?? -1);
}

function itemsIn(value: JinjaValue): readonly JinjaValue[] | undefined {
  if (isList(value)) return value;
  return value instanceof Tuple ? value.items : undefined;
}

/** The items that a loop goes through. An undefined value has none. @throws TypeError when the value has no items */
export function itemsOf(value: JinjaValue): readonly JinjaValue[] {
  const items = readItems(value);
  takeSteps(items.length);
  return items;
}

function readItems(value: JinjaValue): readonly JinjaValue[] {
  if (isList(value)) return value;
  if (isDict(value)) return [...value.keys()];
  if (value instanceof Tuple) return value.items;
  if (typeof value === "string") {
    takeSteps(value.length);
    return Array.from(value);
  }
  if (value === undefined) return [];
  throw new TypeError(`cannot go through ${typeName(value)}`);
}

const SURROGATES = /[\uD800-\uDBFF]/;

/** The number of items or of code points. @throws TypeError when the value has no length */
export function lengthOf(value: JinjaValue): number {
  if (typeof value === "string") {
    takeCharacters(value.length);
    return SURROGATES.test(value) ? Array.from(value).length : value.length;
  }
  if (isDict(value)) return value.size;
  if (typeof value === "object" || value === undefined) return itemsOf(value).length;
  throw new TypeError(`${typeName(value)} has no length`);
}

/** Whether a value is in another one. @throws TypeError when nothing can be in the other */
export function contains(container: JinjaValue, item: JinjaValue): boolean {
  if (typeof container === "string") {
    if (typeof item !== "string") throw new TypeError(`cannot look for ${typeName(item)} in a string`);
    takeCharacters(container.length + item.length);
    return container.includes(item) || showHidden(container).includes(showHidden(item));
  }
  if (isDict(container)) return container.has(item);
  return itemsOf(container).some((other) => areEqual(other, item));
}
