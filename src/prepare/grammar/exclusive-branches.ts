import { canonicalText, readFixedValues } from "./fixed-values.js";
import type { JsonObject } from "../../core/json.js";
import { type JsonType, JSON_TYPES, jsonTypeOf, typesMeet } from "./json-type.js";
import { escapePointer, problemAt, readProperties, readRequired, readTypes } from "./schema-keywords.js";
import type { PlacedSchema, SchemaSource } from "./schema-source.js";

/** What can be told of a schema's values without looking deeper. */
interface Facts {
  /** Types that may be valid. */
  readonly types: readonly JsonType[];
  /** Types that are written. */
  readonly written: readonly JsonType[];
  /** All the values that there are, as canonical texts, where they are listed. */
  readonly values: ReadonlySet<string> | undefined;
  /** Its keywords, where they stand at one place. */
  readonly schema: JsonObject | undefined;
  readonly at: string;
}

/**
 * `oneOf` is written as `anyOf`: refuses branches of which what is written for one might be valid for another. They are told apart by type, by fixed values,
 * or as objects by a required member: with other values, not known to the other, or not written.
 * @throws GrammarProblem
 */
export function checkExclusive(source: SchemaSource, branches: readonly PlacedSchema[], level: number): void {
  const facts = branches.map((branch) => factsOf(source, branch, level + 1));
  for (const [index, one] of facts.entries()) {
    for (const other of facts.slice(index + 1)) {
      if (failsFor(source, [one, other], level) && failsFor(source, [other, one], level)) continue;
      throw problemAt(
        other.at,
        `it can't be told that nothing is valid both here and at ${one.at}, as "oneOf" wants it; use "anyOf", or a member with different "const"s`,
      );
    }
  }
}

/** Branches are held against each other in pairs, so that each is met often. */
const factsBySchema = new WeakMap<object, Facts>();

function factsOf(source: SchemaSource, placed: PlacedSchema, level: number): Facts {
  const known = typeof placed.schema === "object" ? factsBySchema.get(placed.schema) : undefined;
  const facts = known ?? findFacts(source, placed, level);
  if (typeof placed.schema === "object") factsBySchema.set(placed.schema, facts);
  return facts;
}

function findFacts(source: SchemaSource, placed: PlacedSchema, level: number): Facts {
  const { schema, at } = source.flatten(placed, level);
  if (typeof schema === "boolean") {
    const types = schema ? JSON_TYPES : [];
    return { types, written: types, values: schema ? undefined : new Set(), schema: undefined, at };
  }
  const branches = source.branchesOf(schema, at, level)?.map((branch) => factsOf(source, branch, level + 1));
  if (branches !== undefined) {
    const types = branches.flatMap((branch) => branch.types);
    return { types, written: branches.flatMap(({ written }) => written), values: undefined, schema: undefined, at };
  }
  const values = readFixedValues(schema, at);
  const written = values === undefined ? readTypes(schema, at) : [...new Set(values.map(jsonTypeOf))];
  // Of what no keyword speaks every type is valid, even though only some are written.
  const types = values === undefined && schema.type === undefined ? JSON_TYPES : written;
  return { types, written, values: values && new Set(values.map(canonicalText)), schema, at };
}

/** Whether nothing that is written for the one is valid for the other. */
function failsFor(source: SchemaSource, [one, other]: readonly [Facts, Facts], level: number): boolean {
  if (areApart(one, other)) return true;
  const common = one.written.filter((type) => other.types.some((its) => typesMeet(type, its)));
  const isObject = common.every((type) => type === "object");
  if (!isObject || one.schema === undefined || other.schema === undefined) return false;
  if (one.values !== undefined || other.values !== undefined) return false;
  const [own, its] = [one.schema, other.schema];
  const ownMembers = new Map(readProperties(own, one.at));
  const itsMembers = new Map(readProperties(its, other.at));
  const ownRequired = readRequired(own, one.at);
  const isWritten = (name: string): boolean =>
    ownMembers.size === 0 || ownMembers.has(name) || ownRequired.includes(name);
  if (readRequired(its, other.at).some((name) => !isWritten(name))) return true;
  const inner = (members: ReadonlyMap<string, unknown>, at: string, name: string): Facts => {
    const where = `${at}/properties/${escapePointer(name)}`;
    return factsOf(source, source.place(members.get(name), where, level + 1), level + 1);
  };
  return ownRequired.some((name) => {
    if (!itsMembers.has(name)) return its.additionalProperties === false;
    return ownMembers.has(name) && areApart(inner(ownMembers, one.at, name), inner(itsMembers, other.at, name));
  });
}

function areApart(one: Facts, other: Facts): boolean {
  if (one.values !== undefined && other.values !== undefined) return areDisjoint(one.values, other.values);
  return !one.written.some((type) => other.types.some((its) => typesMeet(type, its)));
}

function areDisjoint(ones: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return ![...ones].some((one) => others.has(one));
}
