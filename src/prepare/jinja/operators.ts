import { formatPercent } from "./format-text.js";
import { dictMethods, getKey, listMethods, type Method } from "./container-methods.js";
import { represent } from "./show-value.js";
import { stringMethods } from "./string-methods.js";
import {
  AttributeObject,
  type CallArguments,
  FloatNumber,
  isDict,
  isList,
  MAX_INTEGER_DIGITS,
  type JinjaFunction,
  type JinjaValue,
  numberOf,
  Tuple,
  typeName,
} from "./values.js";
import { takeCharacters, takeSteps } from "./render-work.js";

/** The bound method of a value, or undefined if it has none of this name. */
function findMethod(object: JinjaValue, name: string): JinjaFunction | undefined {
  if (typeof object === "string") return bind(object, stringMethods.get(name));
  if (isDict(object)) return bind(object, dictMethods.get(name));
  if (isList(object)) return bind(object, listMethods.get(name));
  return object instanceof Tuple ? bind(object.items, listMethods.get(name)) : undefined;
}

function bind<T>(object: T, method: Method<T> | undefined): JinjaFunction | undefined {
  return method && ((args) => method(object, args));
}

/**
 * The value of `object.name`. A dictionary's member comes before its method, unlike in Python, since a template that names `items` without calling it means
 * the member of a schema.
 * @throws TypeError when the object is undefined
 */
export function getAttribute(object: JinjaValue, name: string): JinjaValue {
  if (isDict(object) && object.has(name)) return object.get(name);
  if (object instanceof AttributeObject) return object.attribute(name);
  if (object === undefined) throw new TypeError(`an undefined value has no attribute ${name}`);
  return findMethod(object, name);
}

/** The value of `object[key]`. @throws TypeError when the object is undefined */
export function getItem(object: JinjaValue, key: JinjaValue): JinjaValue {
  if (isDict(object)) {
    const value = getKey(object, key, undefined);
    return value === undefined && typeof key === "string" ? findMethod(object, key) : value;
  }
  if (object === undefined) throw new TypeError(`an undefined value has no item ${represent(key)}`);
  if (typeof key === "string") return getAttribute(object, key);
  if (typeof key !== "number" && typeof key !== "boolean") return undefined;
  if (typeof object === "string") takeCharacters(object.length);
  const items = typeof object === "string" ? Array.from(object) : object instanceof Tuple ? object.items : object;
  return isList(items) ? items.at(Number(key)) : undefined;
}

/** Calls `object.name(…)`. @throws TypeError when the object has no such method */
export function callMember(object: JinjaValue, name: string, args: CallArguments): JinjaValue {
  takeSteps(1);
  if (typeof object === "string") {
    takeCharacters(object.length);
    const method = stringMethods.get(name);
    if (method !== undefined) return method(object, args);
  } else if (isDict(object)) {
    const method = dictMethods.get(name);
    if (method !== undefined) return method(object, args);
  }
  const member = getAttribute(object, name);
  if (typeof member === "function") return member(args);
  throw new TypeError(`${typeName(object)} has no method ${name}`);
}

/** Calls a function. @throws TypeError when the value is none */
export function callValue(value: JinjaValue, name: string, args: CallArguments): JinjaValue {
  if (typeof value === "function") return value(args);
  throw new TypeError(value === undefined ? `${name} is undefined` : `${typeName(value)} cannot be called`);
}

/** The value of `object[start:stop:step]`. @throws TypeError when the object has no order or the step is zero */
export function getSlice(object: JinjaValue, bounds: readonly (number | undefined)[]): JinjaValue {
  if (typeof object === "string") {
    takeCharacters(object.length);
    return sliceItems(Array.from(object), bounds).join("");
  }
  if (object instanceof Tuple) return new Tuple(sliceItems(object.items, bounds));
  if (isList(object)) return sliceItems(object, bounds);
  throw new TypeError(`cannot take a slice of ${typeName(object)}`);
}

function sliceItems<T>(items: readonly T[], [start, stop, step = 1]: readonly (number | undefined)[]): readonly T[] {
  takeSteps(items.length);
  if (step === 0) throw new TypeError("the step of a slice must not be zero");
  if (step === 1) return items.slice(start, stop);
  const size = items.length;
  const place = (bound: number): number => (bound < 0 ? bound + size : bound);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (bound: number): number => Math.min(high, Math.max(low, bound));
  const from = start === undefined ? (step > 0 ? 0 : size - 1) : clamp(place(start));
  const to = stop === undefined ? (step > 0 ? size : -1) : clamp(place(stop));
  const taken: T[] = [];
  for (let index = from; step > 0 ? index < to : index > to; index += step) taken.push(items[index] as T);
  return taken;
}

/** The value of `left + right`. @throws TypeError when the two cannot be added */
export function add(left: JinjaValue, right: JinjaValue): JinjaValue {
  if (typeof left === "string" && typeof right === "string") return concat(left, right);
  if (isList(left) && isList(right)) return joinItems(left, right);
  if (left instanceof Tuple && right instanceof Tuple) return new Tuple(joinItems(left.items, right.items));
  return calculate("+", left, right);
}

/** The two texts as one. It shares the longer one. */
export function concat(left: string, right: string): string {
  takeCharacters(Math.min(left.length, right.length));
  return left + right;
}

function joinItems(left: readonly JinjaValue[], right: readonly JinjaValue[]): readonly JinjaValue[] {
  takeSteps(left.length + right.length);
  return [...left, ...right];
}

/** The value of `left * right`, where one of them may be a text or a list to repeat. @throws TypeError */
export function multiply(left: JinjaValue, right: JinjaValue): JinjaValue {
  if (typeof left === "number" && typeof right !== "number") return multiply(right, left);
  const count = typeof right === "number" ? Math.max(0, right) : 0;
  if (typeof right === "number" && typeof left === "string") {
    takeCharacters(left.length * count);
    return left.repeat(count);
  }
  if (typeof right === "number" && isList(left)) {
    takeSteps(left.length * count);
    return left.length === 0 ? [] : Array.from({ length: count }, () => left).flat();
  }
  return calculate("*", left, right);
}

/** The value of `left % right`, which fills in a text if `left` is one. @throws TypeError */
export function remainder(left: JinjaValue, right: JinjaValue): JinjaValue {
  return typeof left === "string" ? formatPercent(left, right) : calculate("%", left, right);
}

export type Operator = "+" | "-" | "*" | "/" | "//" | "%" | "**";

/** Calculates with numbers as Python does. @throws TypeError when an operand is no number, or zero divides */
export function calculate(operator: Operator, left: JinjaValue, right: JinjaValue): JinjaValue {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === undefined || b === undefined) {
    throw new TypeError(`cannot calculate ${typeName(left)} ${operator} ${typeName(right)}`);
  }
  if ((operator === "/" || operator === "//" || operator === "%") && Number(b) === 0) {
    throw new TypeError("division by zero");
  }
  const isFloat = left instanceof FloatNumber || right instanceof FloatNumber || operator === "/";
  if (isFloat || (operator === "**" && Number(b) < 0)) return new FloatNumber(compute(operator, Number(a), Number(b)));
  if (typeof a === "number" && typeof b === "number") {
    const result = compute(operator, a, b);
    if (Number.isSafeInteger(result)) return result;
  }
  return shorten(computeLarge(operator, BigInt(a), BigInt(b)));
}

function compute(operator: Operator, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "//":
      return Math.floor(a / b);
    case "%":
      return a - Math.floor(a / b) * b;
    case "**":
      return a ** b;
  }
}

/** The most bits of an integer, which are some 4,300 digits. */
const MAX_BITS = 14_284;

function computeLarge(operator: Operator, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      requireBits(bitsOf(a) + bitsOf(b));
      return a * b;
    case "**":
      requireBits(bitsOf(a) * Number(b));
      return a ** b;
    default: {
      const rest = ((a % b) + b) % b;
      return operator === "%" ? rest : (a - rest) / b;
    }
  }
}

function bitsOf(value: bigint): number {
  return value.toString(16).length * 4;
}

function requireBits(bits: number): void {
  if (bits > MAX_BITS) throw new TypeError(`a result would have more than ${MAX_INTEGER_DIGITS} digits`);
}

function shorten(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
