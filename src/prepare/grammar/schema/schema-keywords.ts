import { isJsonObject, type JsonObject } from "../../../core/json.js";
import { membersOf } from "../../../core/ordered-json.js";
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
  object: [
    ...["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
    ...["patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "dependencies"],
    "unevaluatedProperties",
  ],
  array: [
    ...["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "additionalItems"],
    ...["contains", "minContains", "maxContains", "unevaluatedItems"],
  ],
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
};

export const REFERENCES: readonly string[] = ["$ref", "$dynamicRef", "$recursiveRef"];

const ASSERTIONS: ReadonlySet<string> = new Set([
  ...["type", "nullable", "enum", "const", "anyOf", "oneOf", "allOf", "not", "if", "then", "else"],
  ...REFERENCES,
  ...Object.values(KEYWORDS_OF_TYPE).flat(),
]);

/** The keywords that restrict the value. */
export function assertionsOf(schema: JsonObject): readonly string[] {
  return Object.keys(schema).filter((keyword) => ASSERTIONS.has(keyword));
}

/**
 * Notes the keywords that JSON Schema does not know and that no generator of schemas writes as an annotation, since their author may have meant a restriction.
 * @param at the JSON pointer of the schema
 */
export function noteUnknown(schema: JsonObject, at: string, unheld: UnheldKeywords): void {
  for (const keyword of Object.keys(schema)) {
    if (ANNOTATIONS.has(keyword) || ASSERTIONS.has(keyword) || keyword.startsWith("x-")) continue;
    unheld.noteAnnotation(
      `${at}/${escapePointer(keyword)}`,
      `the keyword ${JSON.stringify(keyword)} is unknown to JSON Schema, so it does not restrict the value`,
    );
  }
}

/** The types that the schema names. A schema without `type` has the types that its other keywords restrict, or else all types. */
export function readTypes(schema: JsonObject, at: string): readonly JsonType[] {
  const named = readNamedTypes(schema, at);
  if (named !== undefined) return named;
  const restricted = Object.entries(KEYWORDS_OF_TYPE).filter(([, keywords]) =>
    keywords.some((keyword) => keyword in schema),
  );
  if (restricted.length > 0) return restricted.map(([name]) => name as JsonType);
  return JSON_TYPES.filter((name) => name !== "integer");
}

/** The types of `type`, `number` standing for `integer` too. undefined means that the schema does not have the keyword. */
export function readNamedTypes(schema: JsonObject, at: string): readonly JsonType[] | undefined {
  const { type } = schema;
  if (type === undefined) return undefined;
  const named = Array.isArray(type) ? (type as readonly unknown[]) : [type];
  const unknown = named.find((name) => !JSON_TYPES.includes(name as JsonType));
  if (named.length === 0 || unknown !== undefined) {
    throw problemAt(`${at}/type`, `${JSON.stringify(unknown ?? type)} is not one of ${JSON_TYPES.join(", ")}`);
  }
  const types = [...new Set(named as readonly JsonType[])];
  return types.includes("number") ? types.filter((name) => name !== "integer") : types;
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

/** Whether a value of the first type always has the second. */
export function isOfType(own: JsonType, type: JsonType): boolean {
  return own === type || (own === "integer" && type === "number");
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

/** The members of a keyword that must be an object, in their order. */
export function readMembers(
  schema: JsonObject,
  keyword: string,
  at: string,
): readonly (readonly [name: string, value: unknown])[] {
  const value = schema[keyword];
  if (value === undefined) return [];
  if (isJsonObject(value)) return membersOf(value);
  throw problemAt(`${at}/${keyword}`, "is not an object");
}

export function readRequired(schema: JsonObject, at: string): readonly string[] {
  return readNames(schema.required, `${at}/required`);
}

/** A list of names. Earlier drafts wrote a boolean for `required`, which says nothing about the value itself. */
export function readNames(value: unknown, pointer: string): readonly string[] {
  if (value === undefined || typeof value === "boolean") return [];
  const names = Array.isArray(value) ? (value as readonly unknown[]) : undefined;
  if (names?.every((name) => typeof name === "string") === true) return [...new Set(names)];
  throw problemAt(pointer, "is not an array of names");
}

/** The texts of arrays and objects, each of which is written once. */
const canonicalTexts = new WeakMap<object, string>();

/** A text that is equal for values which JSON Schema considers equal. An array or an object must not change any more. */
export function canonicalText(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  let text = canonicalTexts.get(value);
  if (text === undefined) {
    text = writeCanonically(value);
    canonicalTexts.set(value, text);
  }
  return text;
}

function writeCanonically(value: object): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isJsonObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

/** A problem of the schema at a JSON pointer. */
export class SchemaProblem extends GrammarProblem {
  readonly at: string;
  readonly description: string;

  constructor(at: string, description: string) {
    super(`at ${at === "" ? "its root" : at}: ${description}`);
    this.at = at;
    this.description = description;
  }
}

/** No value is valid for a schema, which matters only where there must be a value. */
export class NoValueProblem extends SchemaProblem {}

export function problemAt(at: string, description: string): SchemaProblem {
  return new SchemaProblem(at, description);
}

export function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
