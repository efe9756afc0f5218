/** The types that JSON Schema tells apart; every integer is a number, too. */
export type JsonType = "null" | "boolean" | "integer" | "number" | "string" | "array" | "object";

export const JSON_TYPES: readonly JsonType[] = ["null", "boolean", "integer", "number", "string", "array", "object"];

export function jsonTypeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as "boolean" | "string" | "object";
}

/** Whether a value of the one type may be one of the other. */
export function typesMeet(one: JsonType, other: JsonType): boolean {
  const isNumeric = (type: JsonType): boolean => type === "integer" || type === "number";
  return one === other || (isNumeric(one) && isNumeric(other));
}
