import { isJsonObject, type JsonObject } from "../../../core/json.js";
import { formatLanguage, FORMATS } from "../json/format-grammar.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import { DecimalStep } from "../json/decimal.js";
import { type Contains, isAmong, listOf, valuesOf } from "./plain-schema.js";
import { canonicalText, isOfType, jsonTypeOf, readMembers, readNamedTypes, readRequired } from "./schema-keywords.js";
import type { FlatSchema, SchemaReader } from "./flat-schema.js";

/** A value is checked no deeper, since a schema's branches may refer to the schema itself. */
const MAX_LEVELS = 64;

/** Whether something holds. undefined means that it is not known. */
type Verdict = boolean | undefined;

/** Whether a value is valid for a schema. undefined means that this is not known, as for most formats. */
export function isValid(
  source: SchemaReader,
  value: unknown,
  { flat, level }: { flat: FlatSchema; level: number },
): Verdict {
  const { plain, groups } = flat;
  if (level > MAX_LEVELS) return undefined;
  if (plain === false) return flat.isNarrowed === true ? undefined : false;
  const branchings = groups.map(({ branches, isExclusive }): Verdict => {
    const verdicts = branches.map((branch) =>
      isValid(source, value, {
        flat: "groups" in branch ? branch : source.flatten(branch, level + 1),
        level: level + 1,
      }),
    );
    if (!isExclusive) return any(verdicts);
    const valid = verdicts.filter((verdict) => verdict === true).length;
    if (valid > 1) return false;
    return verdicts.includes(undefined) ? undefined : valid === 1;
  });
  const verdict = all([...plainVerdicts(source, value, { plain, at: flat.at, level }), ...branchings]);
  return verdict === false && flat.isNarrowed === true ? undefined : verdict;
}

/**
 * The keywords of a plain schema that rule a value out, or that are not known to allow it.
 * @returns their verdicts, never true
 */
export function doubts(
  source: SchemaReader,
  value: unknown,
  { plain, at, level }: { plain: JsonObject; at: string; level: number },
): ReadonlyMap<string, Verdict> {
  const verdicts = Object.keys(plain).map(
    (keyword) => [keyword, verdictOf(source, value, { plain, keyword, at, level })] as const,
  );
  return new Map(verdicts.filter(([, verdict]) => verdict !== true));
}

function plainVerdicts(
  source: SchemaReader,
  value: unknown,
  place: { plain: JsonObject; at: string; level: number },
): readonly Verdict[] {
  return [...doubts(source, value, place).values()];
}

function all(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

function any(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(true)) return true;
  return verdicts.includes(undefined) ? undefined : false;
}

function opposite(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict;
}

function verdictOf(
  source: SchemaReader,
  value: unknown,
  { plain, keyword, at, level }: { plain: JsonObject; keyword: string; at: string; level: number },
): Verdict {
  const limit = plain[keyword];
  const inner = (member: unknown, schema: unknown): Verdict =>
    isValid(source, member, {
      flat: source.flatten(source.locate(schema, `${at}/${keyword}`, level + 1), level + 1),
      level: level + 1,
    });
  switch (keyword) {
    case "type":
      return readNamedTypes(plain, at)?.some((type) => isOfType(jsonTypeOf(value), type)) ?? true;
    case "enum":
      return isAmong(valuesOf(plain) ?? [], value);
    case "not":
      return all(listOf(plain, "not").map((excluded) => opposite(inner(value, excluded))));
  }
  if (typeof value === "number") return ofNumber(value, keyword, plain);
  if (typeof value === "string") return ofString(source, value, { keyword, plain });
  if (Array.isArray(value)) return ofArray(value as readonly unknown[], keyword, { plain, inner });
  if (!isJsonObject(value)) return true;
  const members = Object.entries(value);
  const described = new Map(readMembers(plain, "properties", at));
  switch (keyword) {
    case "required":
      return readRequired(plain, at).every((name) => Object.hasOwn(value, name));
    case "minProperties":
      return members.length >= Number(limit);
    case "maxProperties":
      return members.length <= Number(limit);
    case "properties":
      return all(members.map(([name, member]) => !described.has(name) || inner(member, described.get(name))));
    case "additionalProperties":
      if (plain.patternProperties !== undefined) return undefined;
      return all(members.map(([name, member]) => described.has(name) || inner(member, limit)));
    case "propertyNames":
      return all(members.map(([name]) => inner(name, limit)));
    case "patternProperties":
      return undefined;
    default:
      return true;
  }
}

function ofNumber(value: number, keyword: string, plain: JsonObject): Verdict {
  const limit = Number(plain[keyword]);
  switch (keyword) {
    case "minimum":
      return value >= limit;
    case "exclusiveMinimum":
      return value > limit;
    case "maximum":
      return value <= limit;
    case "exclusiveMaximum":
      return value < limit;
    case "multipleOf":
      return all(listOf(plain, "multipleOf").map((step) => DecimalStep.tryOf(step)?.divides(value)));
    default:
      return true;
  }
}

function ofString(
  source: SchemaReader,
  value: string,
  { keyword, plain }: { keyword: string; plain: JsonObject },
): Verdict {
  const limit = Number(plain[keyword]);
  const { length } = Array.from(value);
  switch (keyword) {
    case "minLength":
      return length >= limit;
    case "maxLength":
      return length <= limit;
    case "pattern":
      return all(listOf(plain, "pattern").map((pattern) => matches(source, pattern, value)));
    case "format":
      return all(listOf(plain, "format").map((format) => isOfFormat(source, value, format)));
    default:
      return true;
  }
}

function matches(source: SchemaReader, pattern: unknown, value: string): Verdict {
  try {
    return source.languageOf(pattern).has(value);
  } catch (error) {
    if (error instanceof GrammarProblem) return undefined;
    throw error;
  }
}

/** A format's language leaves valid texts out. */
function isOfFormat(source: SchemaReader, value: string, format: unknown): Verdict {
  const isHeld = typeof format === "string" && FORMATS.includes(format);
  return isHeld && formatLanguage(format, { work: source.work }).has(value) ? true : undefined;
}

function ofArray(
  value: readonly unknown[],
  keyword: string,
  { plain, inner }: { plain: JsonObject; inner: (member: unknown, schema: unknown) => Verdict },
): Verdict {
  const limit = plain[keyword];
  const first = (plain.prefixItems ?? []) as readonly unknown[];
  switch (keyword) {
    case "minItems":
      return value.length >= Number(limit);
    case "maxItems":
      return value.length <= Number(limit);
    case "uniqueItems":
      return limit !== true || new Set(value.map(canonicalText)).size === value.length;
    case "prefixItems":
      return all(value.slice(0, first.length).map((item, index) => inner(item, first[index])));
    case "items":
      return all(value.slice(first.length).map((item) => inner(item, limit)));
    case "contains":
      return all(
        listOf(plain, "contains").map((contains) => {
          const { schema, min, max } = contains as Contains;
          const verdicts = value.map((item) => inner(item, schema));
          if (verdicts.includes(undefined)) return undefined;
          const count = verdicts.filter((verdict) => verdict === true).length;
          return count >= Number(min) && count <= Number(max ?? Infinity);
        }),
      );
    default:
      return true;
  }
}
