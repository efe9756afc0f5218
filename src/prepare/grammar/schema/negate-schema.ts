import { isJsonObject, type JsonObject } from "../../../core/json.js";
import { modernForm } from "./plain-schema.js";
import {
  assertionsOf,
  isOfType,
  JSON_TYPES,
  readList,
  readMembers,
  readNamedTypes,
  readNames,
  REFERENCES,
} from "./schema-keywords.js";
import type { LocatedSchema, SchemaReader } from "./flat-schema.js";

/** The keyword that holds one step beyond each bound. */
const OPPOSITE_BOUNDS: Readonly<Record<string, readonly [keyword: string, type: string, step: number]>> = {
  minimum: ["exclusiveMaximum", "number", 0],
  exclusiveMinimum: ["maximum", "number", 0],
  maximum: ["exclusiveMinimum", "number", 0],
  exclusiveMaximum: ["minimum", "number", 0],
  minLength: ["maxLength", "string", -1],
  maxLength: ["minLength", "string", 1],
  minItems: ["maxItems", "array", -1],
  maxItems: ["minItems", "array", 1],
  minProperties: ["maxProperties", "object", -1],
  maxProperties: ["minProperties", "object", 1],
};

/**
 * A schema of values for which the given one is not valid. It need not be valid for all of them. `not` remains in it only beside values and patterns.
 * undefined means that there is no such schema without `not`.
 */
export function negate(source: SchemaReader, located: LocatedSchema, level: number): JsonObject | boolean | undefined {
  if (typeof located.schema === "boolean") return !located.schema;
  const { at } = located;
  const schema = modernForm(located.schema, at);
  const { schema: original } = located;
  const branches = assertionsOf(schema).flatMap((keyword) =>
    oppositesOf(source, { schema, original, keyword, at }, level),
  );
  if (branches.includes(true)) return true;
  const possible = branches.filter((branch) => branch !== false && branch !== undefined);
  const [only] = possible;
  if (only !== undefined) return possible.length === 1 ? only : { anyOf: possible };
  return branches.includes(undefined) ? undefined : false;
}

/** The schemas of values that violate one keyword. undefined stands for values that no schema describes. */
function oppositesOf(
  source: SchemaReader,
  { schema, original, keyword, at }: { schema: JsonObject; original: JsonObject; keyword: string; at: string },
  level: number,
): readonly (JsonObject | boolean | undefined)[] {
  const value = schema[keyword];
  const opposite = (inner: unknown): JsonObject | boolean | undefined =>
    negate(source, source.locate(inner, `${at}/${keyword}`, level + 1), level + 1);
  const bound = OPPOSITE_BOUNDS[keyword];
  if (bound !== undefined) {
    const [other, type, step] = bound;
    const limit = typeof value === "number" ? value + step : undefined;
    return [limit === undefined ? undefined : limit < 0 && step < 0 ? false : { type, [other]: limit }];
  }
  if (REFERENCES.includes(keyword))
    return [negate(source, source.resolve(original, keyword, { at, level: level + 1 }), level + 1)];
  switch (keyword) {
    case "type": {
      const types = readNamedTypes(schema, at) ?? [];
      const others = JSON_TYPES.filter((type) => !types.some((own) => isOfType(type, own) || isOfType(own, type)));
      return [others.length === 0 ? false : { type: others }];
    }
    case "enum":
    case "const":
      return [{ not: { [keyword]: value } }];
    case "pattern":
      return [{ type: "string", not: { pattern: value } }];
    case "required":
      return readNames(value, `${at}/required`).map((name) => ({ type: "object", properties: { [name]: false } }));
    case "properties":
      return readMembers(schema, "properties", at).map(([name, inner]) => {
        const violated = opposite(inner);
        if (violated === undefined || violated === false) return violated;
        return { type: "object", required: [name], properties: { [name]: violated } };
      });
    case "anyOf":
    case "oneOf": {
      const violated = (readList(schema, keyword, at) ?? []).map(opposite);
      return [violated.some((branch) => branch === undefined) ? undefined : { allOf: violated }];
    }
    case "allOf":
      return (readList(schema, "allOf", at) ?? []).map(opposite);
    case "not":
      return [isJsonObject(value) || typeof value === "boolean" ? value : undefined];
    default:
      return [undefined];
  }
}
