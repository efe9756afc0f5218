import { isJsonObject, type JsonObject } from "../../../core/json.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import type { UnheldKeywords } from "./unheld-keywords.js";

/** The types of JSON Schema. Every integer is also a number. */
export type JsonType = "null" | "boolean" | "integer" | "number" | "string" | "array" | "object";

export const JSON_TYPES: readonly JsonType[] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/** Keywords that do not restrict the value. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"],
  ...["$schema", "$comment", "$vocabulary", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor"],
  ...["$defs", "definitions", "contentEncoding", "contentMediaType", "contentSchema"],
  // OpenAPI
  ...["discriminator", "example", "externalDocs", "xml"],
  // Editors and generators
  ...["markdownDescription", "enumDescriptions", "markdownEnumDescriptions", "enumNames", "defaultSnippets"],
  ...["errorMessage", "doNotSuggest", "suggestSortText", "tsType", "meta"],
]);

/** Keywords that restrict values of one type only. */
const KEYWORDS_OF_TYPE: Readonly<Partial<Record<JsonType, readonly string[]>>> = {
  object: ["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"],
  string: ["minLength", "maxLength", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
};

const OTHERS: readonly string[] = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"];
const SUPPORTED: ReadonlySet<string> = new Set([...OTHERS, ...Object.values(KEYWORDS_OF_TYPE).flat()]);

/** Keywords of JSON Schema that restrict values and that no grammar of ours holds. */
const RESTRICTIONS: ReadonlySet<string> = new Set([
  ...["pattern", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies"],
  ...["patternProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "contains", "multipleOf"],
  ...["minContains", "maxContains", "additionalItems", "$dynamicRef", "$recursiveRef"],
]);

/** Pairs of keywords of one schema in which the second one's meaning depends on the first. */
export const DEPENDENT_KEYWORDS: readonly (readonly [string, string])[] = [
  ["properties", "additionalProperties"],
  ["prefixItems", "items"],
];

export function isAnnotation(keyword: string): boolean {
  return !SUPPORTED.has(keyword);
}

/** The keywords that restrict the value and that the grammar holds. */
export function assertionsOf(schema: JsonObject): readonly string[] {
  return Object.keys(schema).filter((keyword) => !isAnnotation(keyword));
}

/**
 * Notes the keywords of a schema that the grammar does not hold.
 * @param at the JSON pointer of the schema
 */
export function noteUnheld(schema: JsonObject, at: string, unheld: UnheldKeywords): void {
  for (const keyword of Object.keys(schema)) {
    if (ANNOTATIONS.has(keyword) || SUPPORTED.has(keyword) || keyword.startsWith("x-")) continue;
    const pointer = `${at}/${escapePointer(keyword)}`;
    const named = `the keyword ${JSON.stringify(keyword)}`;
    if (RESTRICTIONS.has(keyword)) unheld.noteRestriction(pointer, `${named} is not supported`);
    else unheld.noteAnnotation(pointer, `${named} is unknown to JSON Schema, so it does not restrict the value`);
  }
  if (schema.uniqueItems !== undefined && schema.uniqueItems !== false) {
    unheld.noteRestriction(`${at}/uniqueItems`, 'the keyword "uniqueItems" is not supported');
  }
}

/** The types that the schema names. A schema without `type` has the types that its other keywords restrict, or else all types. */
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
  const restricted = Object.entries(KEYWORDS_OF_TYPE).filter(([, keywords]) =>
    keywords.some((keyword) => keyword in schema),
  );
  if (restricted.length > 0) return restricted.map(([name]) => name as JsonType);
  return JSON_TYPES.filter((name) => name !== "integer");
}

export function jsonTypeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as "boolean" | "string" | "object";
}

/** Whether a value can have both types. */
export function typesMeet(one: JsonType, other: JsonType): boolean {
  const isNumeric = (type: JsonType): boolean => type === "integer" || type === "number";
  return one === other || (isNumeric(one) && isNumeric(other));
}

/** The value of a keyword that must be a whole number from 0 on. */
export function readCount(schema: JsonObject, keyword: string, at: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) >= 0) return value as number;
  throw problemAt(`${at}/${keyword}`, `${JSON.stringify(value)} is not a whole number of at least 0`);
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
  throw problemAt(`${at}/${keyword}`, "is not an array with at least one element");
}

/** The members of `properties`, in their order. */
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
  throw problemAt(`${at}/required`, "is not an array of names");
}

/**
 * The values that `enum` and `const` allow. undefined means that the schema has neither.
 * @throws GrammarProblem when another keyword than `type` stands beside them
 */
export function readFixedValues(schema: JsonObject, at: string): readonly unknown[] | undefined {
  const hasConst = "const" in schema;
  const listed = readList(schema, "enum", at);
  if (listed === undefined && !hasConst) return undefined;
  const other = assertionsOf(schema).find((keyword) => !["const", "enum", "type"].includes(keyword));
  if (other !== undefined) throw problemAt(at, `"${other}" beside "${hasConst ? "const" : "enum"}" is not supported`);
  const wanted = hasConst ? [schema.const] : (listed ?? []);
  const texts = hasConst && listed !== undefined ? new Set(listed.map(canonicalText)) : undefined;
  const types = schema.type === undefined ? undefined : readTypes(schema, at);
  const isAllowed = (value: unknown): boolean => {
    if (texts?.has(canonicalText(value)) === false) return false;
    const own = jsonTypeOf(value);
    return types === undefined || types.some((type) => type === own || (own === "integer" && typesMeet(type, own)));
  };
  const values = wanted.filter(isAllowed);
  if (values.length === 0) throw problemAt(at, "the keywords beside its values allow none of them");
  return values;
}

/** A text that is equal for values which JSON Schema considers equal. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isJsonObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

/** A problem at the JSON pointer `at`. */
export function problemAt(at: string, description: string): GrammarProblem {
  return new GrammarProblem(`at ${at === "" ? "its root" : at}: ${description}`);
}

export function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
