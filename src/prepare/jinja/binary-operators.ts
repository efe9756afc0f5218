import { add, calculate, concat, multiply, type Operator, remainder } from "./operators.js";
import { textOf } from "./show-value.js";
import { areEqual, compareValues, type JinjaValue } from "./values.js";

/** Whether two values compare in one way. */
export type Compare = (left: JinjaValue, right: JinjaValue) => boolean;

/** The comparisons by their signs. */
export const COMPARISONS: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ["==", areEqual],
  ["!=", (left, right) => !areEqual(left, right)],
  ["<", (left, right) => compareValues(left, right) < 0],
  ["<=", (left, right) => compareValues(left, right) <= 0],
  [">", (left, right) => compareValues(left, right) > 0],
  [">=", (left, right) => compareValues(left, right) >= 0],
]);

const calculating =
  (operator: Operator) =>
  (left: JinjaValue, right: JinjaValue): JinjaValue =>
    calculate(operator, left, right);

/** The other binary operators in levels, from the loosest to the tightest. */
export const OPERATOR_LEVELS: readonly ReadonlyMap<string, (left: JinjaValue, right: JinjaValue) => JinjaValue>[] = [
  new Map([
    ["+", add],
    ["-", calculating("-")],
  ]),
  new Map([["~", (left: JinjaValue, right: JinjaValue): JinjaValue => concat(textOf(left), textOf(right))]]),
  new Map([
    ["*", multiply],
    ["/", calculating("/")],
    ["//", calculating("//")],
    ["%", remainder],
  ]),
  new Map([["**", calculating("**")]]),
];
