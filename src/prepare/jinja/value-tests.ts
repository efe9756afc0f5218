import { showHidden } from "./hidden-chars.js";
import { lower, upper } from "./python-text.js";
import {
  AttributeObject,
  areEqual,
  type CallArguments,
  compareValues,
  contains,
  FloatNumber,
  isDict,
  type JinjaValue,
  numberOf,
} from "./values.js";

/** A test of the template language, as in `x is string`. */
export type ValueTest = (value: JinjaValue, args: CallArguments) => boolean;

const isInteger = (value: JinjaValue): boolean => typeof value === "number" || typeof value === "bigint";
const isEqual: ValueTest = (value, args) => areEqual(value, args.take(0, "other"));
const isLess: ValueTest = (value, args) => compareValues(value, args.take(0, "other")) < 0;
const isGreater: ValueTest = (value, args) => compareValues(value, args.take(0, "other")) > 0;
const isAtMost: ValueTest = (value, args) => compareValues(value, args.take(0, "other")) <= 0;
const isAtLeast: ValueTest = (value, args) => compareValues(value, args.take(0, "other")) >= 0;
const isUnequal: ValueTest = (value, args) => !areEqual(value, args.take(0, "other"));

function hasItems(value: JinjaValue): boolean {
  if (value instanceof FloatNumber || value instanceof AttributeObject) return false;
  return typeof value === "string" || value === undefined || (typeof value === "object" && value !== null);
}

function rest(value: JinjaValue, divisor: number): number {
  const number = numberOf(value);
  if (number === undefined) throw new TypeError("this test needs a number");
  return ((Number(number) % divisor) + divisor) % divisor;
}

/** The tests by their names, as jinja2 has them. */
const valueTests: ReadonlyMap<string, ValueTest> = new Map<string, ValueTest>([
  ["defined", (value) => value !== undefined],
  ["undefined", (value) => value === undefined],
  ["none", (value) => value === null],
  ["boolean", (value) => typeof value === "boolean"],
  ["true", (value) => value === true],
  ["false", (value) => value === false],
  ["string", (value) => typeof value === "string"],
  ["number", (value) => numberOf(value) !== undefined],
  ["integer", isInteger],
  ["float", (value) => value instanceof FloatNumber],
  ["mapping", isDict],
  ["iterable", hasItems],
  ["sequence", hasItems],
  ["callable", (value) => typeof value === "function"],
  ["odd", (value) => rest(value, 2) === 1],
  ["even", (value) => rest(value, 2) === 0],
  ["divisibleby", (value, args) => rest(value, args.integer(0, "num", 1)) === 0],
  ["lower", (value) => typeof value === "string" && lower(showHidden(value)) === showHidden(value)],
  ["upper", (value) => typeof value === "string" && upper(showHidden(value)) === showHidden(value)],
  ["in", (value, args) => contains(args.take(0, "seq"), value)],
  ["sameas", (value, args) => value === args.take(0, "other")],
  ...["eq", "equalto", "=="].map((name) => [name, isEqual] as const),
  ...["ne", "!="].map((name) => [name, isUnequal] as const),
  ...["lt", "lessthan", "<"].map((name) => [name, isLess] as const),
  ...["gt", "greaterthan", ">"].map((name) => [name, isGreater] as const),
  ...["le", "<="].map((name) => [name, isAtMost] as const),
  ...["ge", ">="].map((name) => [name, isAtLeast] as const),
]);

/** @throws TypeError when there is no test of this name */
export function requireTest(name: string): ValueTest {
  const test = valueTests.get(name);
  if (test === undefined) throw new TypeError(`there is no test named ${name}`);
  return test;
}
