import { isJsonObject, type JsonObject } from "../../core/json.js";
import { jsonTypeOf, typesMeet } from "./json-type.js";
import { assertionsOf, problemAt, readList, readTypes } from "./schema-keywords.js";

/**
 * The values that `enum` and `const` leave; undefined where there is neither.
 * @throws GrammarProblem where other keywords but `type` stand beside them
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
  if (values.length === 0) throw problemAt(at, "none of its values is allowed by what stands beside them");
  return values;
}

/** Equal for values that are equal to JSON Schema. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isJsonObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
