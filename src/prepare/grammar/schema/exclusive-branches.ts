import type { JsonObject } from "../../../core/json.js";
import {
  canonicalText,
  escapePointer,
  JSON_TYPES,
  type JsonType,
  jsonTypeOf,
  problemAt,
  readFixedValues,
  readProperties,
  readRequired,
  readTypes,
  typesMeet,
} from "./schema-keywords.js";
import type { LocatedSchema, SchemaSource } from "./schema-source.js";

/** The facts about a branch's values that its own keywords tell. */
interface BranchFacts {
  /** The types of valid values. */
  readonly types: readonly JsonType[];
  /** The types that the model writes. */
  readonly written: readonly JsonType[];
  /** All valid values as canonical texts, if the branch lists them. */
  readonly values: ReadonlySet<string> | undefined;
  /** The branch's keywords, unless they are spread over further branches. */
  readonly schema: JsonObject | undefined;
  readonly at: string;
}

/**
 * Rejects `oneOf` unless the branches are provably disjoint: by type; by `const` or `enum`; or, for objects, by a required property that differs in its
 * values, that the other branch forbids or that the model never writes. After this check `oneOf` compiles like `anyOf`.
 * @throws GrammarProblem
 */
export function checkExclusive(source: SchemaSource, branches: readonly LocatedSchema[], level: number): void {
  const facts = branches.map((branch) => factsOf(source, branch, level + 1));
  for (const [index, one] of facts.entries()) {
    for (const other of facts.slice(index + 1)) {
      if (areExclusive(source, [one, other], level) && areExclusive(source, [other, one], level)) continue;
      throw problemAt(
        other.at,
        `"oneOf" needs branches that no value satisfies together, which cannot be proven for this one and the one at ${one.at}; use "anyOf", or a required member with a different "const" in each branch`,
      );
    }
  }
}

/** Each branch is compared with every other one, so its facts are kept. */
const factsBySchema = new WeakMap<object, BranchFacts>();

function factsOf(source: SchemaSource, located: LocatedSchema, level: number): BranchFacts {
  const known = typeof located.schema === "object" ? factsBySchema.get(located.schema) : undefined;
  const facts = known ?? findFacts(source, located, level);
  if (typeof located.schema === "object") factsBySchema.set(located.schema, facts);
  return facts;
}

function findFacts(source: SchemaSource, located: LocatedSchema, level: number): BranchFacts {
  const { schema, at } = source.flatten(located, level);
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
  // Without `type` every type is valid, although the model writes only some of them.
  const types = values === undefined && schema.type === undefined ? JSON_TYPES : written;
  return { types, written, values: values && new Set(values.map(canonicalText)), schema, at };
}

/** Whether no output of the first branch is valid for the second. */
function areExclusive(source: SchemaSource, [one, other]: readonly [BranchFacts, BranchFacts], level: number): boolean {
  if (areDisjoint(one, other)) return true;
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
  const inner = (members: ReadonlyMap<string, unknown>, at: string, name: string): BranchFacts => {
    const pointer = `${at}/properties/${escapePointer(name)}`;
    return factsOf(source, source.locate(members.get(name), pointer, level + 1), level + 1);
  };
  return ownRequired.some((name) => {
    if (!itsMembers.has(name)) return its.additionalProperties === false;
    return ownMembers.has(name) && areDisjoint(inner(ownMembers, one.at, name), inner(itsMembers, other.at, name));
  });
}

/** Whether the outputs of the first are invalid for the second by their values or types alone. */
function areDisjoint(one: BranchFacts, other: BranchFacts): boolean {
  const [ones, others] = [one.values, other.values];
  if (ones !== undefined && others !== undefined) return ![...ones].some((value) => others.has(value));
  return !one.written.some((type) => other.types.some((its) => typesMeet(type, its)));
}
