import type { Violations } from "./violations.js";

/** A JSON object as it was parsed. */
export type ParsedObject = Readonly<Record<string, unknown>>;

/** A text that must be a JSON object. undefined: it is not, which is a violation. */
export function parseJsonObject(field: string, text: string, violations: Violations): ParsedObject | undefined {
  const value = parseJson(text);
  if (value === undefined) violations.add(field, "is not JSON");
  else if (!isObject(value)) violations.add(field, "is JSON, but not an object");
  return isObject(value) ? value : undefined;
}

/** undefined: it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is ParsedObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
