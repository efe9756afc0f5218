import { GrammarProblem } from "./grammar-problem.js";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import { JSON_TYPES, type JsonType } from "./json-type.js";

/** They say nothing about what a value may be. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  "title",
  "description",
  "default",
  "examples",
  "$schema",
  "$comment",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$defs",
  "definitions",
]);

/** Keywords that say something about values of one type alone. */
const KEYWORDS_OF_TYPE: Readonly<Partial<Record<JsonType, readonly string[]>>> = {
  object: ["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"],
  string: ["minLength", "maxLength", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
};

const OTHERS: readonly string[] = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"];
const SUPPORTED: ReadonlySet<string> = new Set([...OTHERS, ...Object.values(KEYWORDS_OF_TYPE).flat()]);

/** Two keywords of one schema of which the second's meaning depends on the first. */
export const BOUND_TOGETHER: readonly (readonly [string, string])[] = [
  ["properties", "additionalProperties"],
  ["prefixItems", "items"],
];

export function isAnnotation(keyword: string): boolean {
  return ANNOTATIONS.has(keyword);
}

/** The keywords that say something about values. */
export function assertionsOf(schema: JsonObject): readonly string[] {
  return Object.keys(schema).filter((keyword) => !ANNOTATIONS.has(keyword) && keyword !== "$id");
}

/**
 * Refuses keywords that are not supported, by name: to ignore one would let through what is not valid.
 * @param at JSON pointer of the schema
 * @throws GrammarProblem
 */
export function checkKeywords(schema: JsonObject, at: string): void {
  for (const keyword of Object.keys(schema)) {
    if (ANNOTATIONS.has(keyword) || SUPPORTED.has(keyword)) continue;
    if (keyword === "$id" && at === "") continue;
    throw problemAt(`${at}/${escapePointer(keyword)}`, `the keyword ${JSON.stringify(keyword)} is not supported`);
  }
  if (schema.uniqueItems !== undefined && schema.uniqueItems !== false) {
    throw problemAt(`${at}/uniqueItems`, `the keyword "uniqueItems" is not supported`);
  }
}

/** The types that the schema names; where it names none, those of which its other keywords speak, or else all. */
export function readTypes(schema: JsonObject, at: string): readonly JsonType[] {
  const { type } = schema;
  if (type !== undefined) {
    const named = Array.isArray(type) ? (type as readonly unknown[]) : [type];
    const unknown = named.find((name) => !JSON_TYPES.includes(name as JsonType));
    if (named.length === 0 || unknown !== undefined) {
      throw problemAt(`${at}/type`, `${JSON.stringify(unknown ?? type)} is not one of ${JSON_TYPES.join(", ")}`);
    }
    const types = [...new Set(named as readonly JsonType[])];
    return types.includes("number") ? types.filter((name) => name !== "integer") : types;
  }
  const meant = Object.entries(KEYWORDS_OF_TYPE).filter(([, keywords]) =>
    keywords.some((keyword) => keyword in schema),
  );
  if (meant.length > 0) return meant.map(([name]) => name as JsonType);
  return JSON_TYPES.filter((name) => name !== "integer");
}

/** A member of the schema that has to be a whole number from 0 on. */
export function readCount(schema: JsonObject, keyword: string, at: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) >= 0) return value as number;
  throw problemAt(`${at}/${keyword}`, `${JSON.stringify(value)} is not a whole number from 0 on`);
}

export function readNumber(schema: JsonObject, keyword: string, at: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined || typeof value === "number") return value;
  throw problemAt(`${at}/${keyword}`, `${JSON.stringify(value)} is not a number`);
}

export function readList(schema: JsonObject, keyword: string, at: string): readonly unknown[] | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length > 0) return value as readonly unknown[];
  throw problemAt(`${at}/${keyword}`, "is not a list of at least one");
}

/** `properties`, in their order. Empty where there are none. */
export function readProperties(schema: JsonObject, at: string): readonly (readonly [string, unknown])[] {
  const { properties } = schema;
  if (properties === undefined) return [];
  if (isJsonObject(properties)) return Object.entries(properties);
  throw problemAt(`${at}/properties`, "is not an object");
}

export function readRequired(schema: JsonObject, at: string): readonly string[] {
  const { required } = schema;
  if (required === undefined) return [];
  const names = Array.isArray(required) ? (required as readonly unknown[]) : undefined;
  if (names?.every((name) => typeof name === "string") === true) return [...new Set(names)];
  throw problemAt(`${at}/required`, "is not a list of names");
}

/** A problem at a place in the schema, by its JSON pointer. */
export function problemAt(at: string, what: string): GrammarProblem {
  return new GrammarProblem(`at ${at === "" ? "its root" : at}: ${what}`);
}

export function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
