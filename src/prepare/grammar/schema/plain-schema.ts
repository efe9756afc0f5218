import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../../core/json.js";
import { orderedObject } from "../../../core/ordered-json.js";
import {
  assertionsOf,
  canonicalText,
  isOfType,
  type JsonType,
  readList,
  readMembers,
  readNamedTypes,
  readNumber,
  readRequired,
} from "./schema-keywords.js";

/**
 * The keywords of one schema that restrict a value by themselves, in the forms of draft 2020-12: without references and without branches. `const` is an
 * `enum` of one value. Keywords that cannot be merged into one are lists: `pattern`, `format`, `multipleOf`, `contains`, `not`. false means that no value is
 * valid.
 */
export type PlainSchema = JsonObject | false;

/** The keywords that SchemaSource resolves before a schema is plain. */
const COMPOSED: ReadonlySet<string> = new Set([
  ...["$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"],
  ...["dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems"],
]);
const LISTS: ReadonlySet<string> = new Set(["pattern", "format", "multipleOf", "contains"]);

/** The JSON pointers of the keywords of plain schemas, which may come from several schemas. */
const places = new WeakMap<object, ReadonlyMap<string, string>>();

/** The JSON pointer of a keyword, or of the schema at `at` if the keyword is merged from several or implied. */
export function placeOf(plain: JsonObject, keyword: string, at: string): string {
  return places.get(plain)?.get(keyword) ?? at;
}

/** The schema with the forms of earlier drafts and of OpenAPI written as in draft 2020-12. */
export function modernForm(schema: JsonObject, at: string): JsonObject {
  const modern = new Map(Object.entries(schema));
  if (schema.nullable === true && schema.type !== undefined) {
    const types = readNamedTypes(schema, at) ?? [];
    modern.set("type", [...new Set([...types, "null"])]);
  }
  if (Array.isArray(schema.items) && schema.prefixItems === undefined) {
    modern.delete("items");
    if (schema.items.length > 0) modern.set("prefixItems", schema.items);
    if (schema.additionalItems !== undefined) modern.set("items", schema.additionalItems);
  }
  for (const [exclusive, inclusive] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (typeof schema[exclusive] !== "boolean") continue;
    modern.delete(exclusive);
    if (!schema[exclusive] || schema[inclusive] === undefined) continue;
    modern.set(exclusive, schema[inclusive]);
    modern.delete(inclusive);
  }
  for (const [name, dependency] of readMembers(schema, "dependencies", at)) {
    const keyword = Array.isArray(dependency) ? "dependentRequired" : "dependentSchemas";
    modern.set(keyword, orderedObject([...readMembers(Object.fromEntries(modern), keyword, at), [name, dependency]]));
  }
  for (const keyword of ["nullable", "additionalItems", "dependencies"]) modern.delete(keyword);
  return Object.fromEntries(modern);
}

/** The schema's own keywords that are not composed of other schemas which apply to the same value. */
export function ownPlain(schema: JsonObject, at: string): JsonObject {
  const own = new Map<string, unknown>();
  for (const keyword of assertionsOf(schema)) {
    if (COMPOSED.has(keyword)) continue;
    const value = schema[keyword];
    if (keyword === "const" || keyword === "enum") continue;
    if (keyword === "contains") own.set(keyword, [containsOf(schema)]);
    else if (keyword === "minContains" || keyword === "maxContains") continue;
    else own.set(keyword, LISTS.has(keyword) ? [value] : value);
  }
  const listed = readList(schema, "enum", at);
  if ("const" in schema) {
    const isListed = listed === undefined || isAmong(listed, schema.const);
    own.set("enum", isListed ? [schema.const] : []);
  } else if (listed !== undefined) own.set("enum", listed);
  return plainAt(
    own,
    [...own.keys()].map((keyword) => [keyword, `${at}/${keyword === "enum" && "const" in schema ? "const" : keyword}`]),
  );
}

/** One `contains` with its counts. */
export interface Contains {
  readonly schema: unknown;
  readonly min: unknown;
  readonly max: unknown;
}

function containsOf({ contains: schema, minContains: min = 1, maxContains: max }: JsonObject): Contains {
  return { schema, min, max };
}

/** A plain schema that comes from the schema at `at`, or from a keyword of it. */
export function plainAt(
  keywords: Iterable<readonly [string, unknown]>,
  origins: Iterable<readonly [keyword: string, pointer: string]>,
): JsonObject {
  const plain = Object.fromEntries(keywords);
  places.set(plain, new Map(origins));
  return plain;
}

interface MergeContext {
  readonly at: string;
  /** Whether a pattern of `patternProperties` matches the name. */
  readonly matches: (pattern: string, name: string) => boolean;
}

/** The plain schema that is valid where both are. */
export function mergePlain(one: PlainSchema, other: PlainSchema, context: MergeContext): PlainSchema {
  const { at } = context;
  if (one === false || other === false) return false;
  const merged = new Map<string, unknown>(Object.entries(one));
  const origins = new Map([...(places.get(other) ?? []), ...(places.get(one) ?? [])]);
  for (const [keyword, value] of Object.entries(other)) {
    if (!(keyword in one)) {
      merged.set(keyword, value);
    } else if (!isDeepStrictEqual(one[keyword], value)) {
      const both = mergeKeyword(keyword, [one, other], at);
      if (both !== one[keyword]) origins.set(keyword, places.get(other)?.get(keyword) ?? at);
      merged.set(keyword, both);
    }
  }
  if ([one, other].some(({ patternProperties }) => patternProperties !== undefined)) {
    merged.set("patternProperties", mergePatterns([one, other], at));
  }
  mergeMembers([one, other], merged, context);
  mergeItems([one, other], merged, at);
  const isImpossible = [merged.get("type"), merged.get("enum")].some(
    (list) => Array.isArray(list) && list.length === 0,
  );
  return isImpossible ? false : plainAt(merged, origins);
}

function mergeKeyword(keyword: string, [one, other]: readonly [JsonObject, JsonObject], at: string): unknown {
  const [left, right] = [one[keyword], other[keyword]];
  switch (keyword) {
    case "type":
      return meetTypes(readNamedTypes(one, at) ?? [], readNamedTypes(other, at) ?? []);
    case "enum":
      return (left as readonly unknown[]).filter((value) => isAmong(right as readonly unknown[], value));
    case "required":
      return [...new Set([...readRequired(one, at), ...readRequired(other, at)])];
    case "minimum":
    case "exclusiveMinimum":
    case "minLength":
    case "minItems":
    case "minProperties":
      return Math.max(readNumber(one, keyword, at) ?? 0, readNumber(other, keyword, at) ?? 0);
    case "maximum":
    case "exclusiveMaximum":
    case "maxLength":
    case "maxItems":
    case "maxProperties":
      return Math.min(readNumber(one, keyword, at) ?? 0, readNumber(other, keyword, at) ?? 0);
    case "uniqueItems":
      return left === true || right === true;
    case "pattern":
    case "format":
    case "multipleOf":
    case "contains":
    case "not":
      return [...(left as readonly unknown[]), ...(right as readonly unknown[])];
    default:
      return both(left, right);
  }
}

/** `additionalProperties` of each schema also holds for members that match only a pattern of the other. */
function mergePatterns([one, other]: readonly [JsonObject, JsonObject], at: string): JsonObject {
  const ones = new Map(readMembers(one, "patternProperties", at));
  const others = new Map(readMembers(other, "patternProperties", at));
  const patterns = new Set([...ones.keys(), ...others.keys()]);
  return orderedObject(
    [...patterns].map((pattern) => {
      const own = ones.has(pattern) ? ones.get(pattern) : one.additionalProperties;
      return [pattern, both(own, others.has(pattern) ? others.get(pattern) : other.additionalProperties)] as const;
    }),
  );
}

/** The schema that is valid where both are, which is merged when it is used. */
function both(one: unknown, other: unknown): unknown {
  if (one === undefined || one === true || isDeepStrictEqual(one, other)) return other ?? true;
  if (other === undefined || other === true) return one;
  return one === false || other === false ? false : { allOf: [one, other] };
}

/** Merges the members of objects. `additionalProperties` of each schema holds for the members that only the other describes. */
function mergeMembers(
  [one, other]: readonly [JsonObject, JsonObject],
  merged: Map<string, unknown>,
  context: MergeContext,
): void {
  const { at } = context;
  if (one.properties === undefined && other.properties === undefined) return;
  const members = new Map<string, unknown>();
  for (const [own, its] of [
    [one, other],
    [other, one],
  ] as const) {
    const described = new Map(readMembers(its, "properties", at));
    for (const [name, schema] of readMembers(own, "properties", at)) {
      if (members.has(name)) continue;
      members.set(
        name,
        both(schema, described.has(name) ? described.get(name) : undescribedSchema(its, name, context)),
      );
    }
  }
  merged.set("properties", orderedObject(members));
}

/** The schema of a member that `properties` does not describe, as far as `additionalProperties` gives one. */
function undescribedSchema(schema: JsonObject, name: string, { at, matches }: MergeContext): unknown {
  if (schema.additionalProperties === undefined) return true;
  const isMatched = readMembers(schema, "patternProperties", at).some(([pattern]) => matches(pattern, name));
  return isMatched ? true : schema.additionalProperties;
}

/** Merges the items of arrays. `items` of each schema holds for the positions that only the other's `prefixItems` describes. */
function mergeItems([one, other]: readonly [JsonObject, JsonObject], merged: Map<string, unknown>, at: string): void {
  const [first, second] = [readList(one, "prefixItems", at) ?? [], readList(other, "prefixItems", at) ?? []];
  if (first.length === 0 && second.length === 0) return;
  const longer = first.length > second.length ? first : second;
  merged.set(
    "prefixItems",
    longer.map((_, index) => both(first[index] ?? one.items, second[index] ?? other.items)),
  );
}

function meetTypes(left: readonly JsonType[], right: readonly JsonType[]): readonly JsonType[] {
  const common = left.flatMap((type) =>
    right.flatMap((other) => (isOfType(type, other) ? [type] : isOfType(other, type) ? [other] : [])),
  );
  return [...new Set(common)];
}

/** The texts of the values of lists. */
const listedTexts = new WeakMap<readonly unknown[], ReadonlySet<string>>();

/** Whether JSON Schema considers the value equal to one of the list, which must not change any more. */
export function isAmong(list: readonly unknown[], value: unknown): boolean {
  let texts = listedTexts.get(list);
  if (texts === undefined) {
    texts = new Set(list.map(canonicalText));
    listedTexts.set(list, texts);
  }
  return texts.has(canonicalText(value));
}

/** The values that `enum` or `const` lists. undefined means that the schema has neither. */
export function valuesOf(plain: JsonObject): readonly unknown[] | undefined {
  return plain.enum as readonly unknown[] | undefined;
}

/** The values of a keyword that a plain schema has as a list. */
export function listOf(
  plain: JsonObject,
  keyword: "pattern" | "format" | "multipleOf" | "contains" | "not",
): readonly unknown[] {
  return (plain[keyword] ?? []) as readonly unknown[];
}
