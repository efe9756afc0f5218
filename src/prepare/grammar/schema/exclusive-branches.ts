import { isJsonObject } from "../../../core/json.js";
import { negate } from "./negate-schema.js";
import { type PlainSchema, valuesOf } from "./plain-schema.js";
import {
  canonicalText,
  JSON_TYPES,
  type JsonType,
  jsonTypeOf,
  readMembers,
  readRequired,
  readTypes,
  typesMeet,
} from "./schema-keywords.js";
import type { BranchGroup, FlatSchema, SchemaPlace, SchemaReader } from "./flat-schema.js";
import { isValid } from "./validate-value.js";

/** Values that are valid for several branches of an inner `oneOf` count as valid, since the proof is about values that are not. */
const WIDE = { isWide: true };

/** The facts about a branch's values that its own keywords tell. */
interface BranchFacts {
  /** The types of valid values. */
  readonly types: readonly JsonType[];
  /** The types that the model writes. */
  readonly written: readonly JsonType[];
  /** All valid values, if the branch lists them. */
  readonly values: readonly unknown[] | undefined;
  readonly plain: Exclude<PlainSchema, false>;
  /** Whether more values may be valid. */
  readonly isNarrowed: boolean;
  readonly at: string;
}

/**
 * The branches of `oneOf`, so that no output is valid for two of them. Branches are left as they are if that is proven: by type; by `const` or `enum`; or, for
 * objects, by a required property that differs in its values, that the other branch forbids or that the model never writes. From other branches the values of
 * the others are taken away. Where that is not possible, `oneOf` is noted as not held.
 */
export function exclusiveBranches(
  source: SchemaReader,
  { group, branches, beside }: { group: BranchGroup; branches: readonly FlatSchema[]; beside: FlatSchema },
  level: number,
): readonly FlatSchema[] {
  const { plain, at } = beside;
  const factsBeside = (groups: readonly BranchGroup[]): readonly (readonly BranchFacts[])[] =>
    branches.map((branch) =>
      source.alternativesOf(source.merge({ plain, groups, at }, branch), level + 1, WIDE).flatMap(factsOf),
    );
  const facts = factsBeside([]);
  // The branches of other groups are merged later, and may write further members.
  const outputs = beside.groups.length === 0 ? facts : factsBeside(beside.groups);
  const isEmpty = (branch: FlatSchema): boolean =>
    source.alternativesOf(source.merge({ plain, groups: [], at }, branch), level + 1).length === 0;
  const own = [...branches];
  for (const index of branches.keys()) {
    for (const otherIndex of branches.keys()) {
      if (otherIndex <= index) continue;
      const areApart = [
        [outputs[index], facts[otherIndex]],
        [outputs[otherIndex], facts[index]],
      ].every(([ones = [], others = []]) => areWrittenApart(source, [ones, others], level));
      if (areApart) continue;
      const [one, other] = [own[index], own[otherIndex]];
      if (one === undefined || other === undefined) continue;
      const reduced = [
        takeAway(source, level, [one, group.branches[otherIndex]]),
        takeAway(source, level, [other, group.branches[index]]),
      ];
      const [left, right] = reduced;
      if (left === undefined || right === undefined || (isEmpty(left) && isEmpty(right))) {
        source.unheld.noteRestriction(
          other.at,
          `"oneOf" needs branches that no value satisfies together, which cannot be proven for this one and the one at ${one.at}; use "anyOf", or a required member with a different "const" in each branch`,
        );
      } else {
        own[index] = left;
        own[otherIndex] = right;
      }
    }
  }
  return own;
}

/** The branch without the values of another. undefined means that no schema describes it. */
function takeAway(
  source: SchemaReader,
  level: number,
  [branch, other]: readonly [FlatSchema, BranchGroup["branches"][number] | undefined],
): FlatSchema | undefined {
  if (other === undefined || "groups" in other) return undefined;
  const opposite = negate(source, other, level + 1);
  if (opposite === undefined) return undefined;
  return source.merge(branch, source.flatten(source.locate(opposite, other.at, level + 1), level + 1));
}

function factsOf({ plain, at, isNarrowed = false }: FlatSchema): BranchFacts[] {
  if (plain === false) return [];
  const values = valuesOf(plain);
  const written = values === undefined ? readTypes(plain, at) : [...new Set(values.map(jsonTypeOf))];
  // Without `type` every type is valid, although the model writes only some of them.
  const types = values === undefined && plain.type === undefined ? JSON_TYPES : written;
  return [{ types, written, values, plain, at, isNarrowed }];
}

/** Whether no output of the first facts is valid for the second ones. */
function areWrittenApart(
  source: SchemaReader,
  [ones, others]: readonly [readonly BranchFacts[], readonly BranchFacts[]],
  level: number,
): boolean {
  return ones.every((one) => others.every((other) => isWrittenApart(source, [one, other], level)));
}

/** Whether no output of the first branch is valid for the second. */
function isWrittenApart(
  source: SchemaReader,
  [one, other]: readonly [BranchFacts, BranchFacts],
  level: number,
): boolean {
  if (other.isNarrowed) return false;
  if (areDisjoint(source, [one, other], level)) return true;
  const common = one.written.filter((type) => other.types.some((its) => typesMeet(type, its)));
  const isObject = common.every((type) => type === "object");
  if (!isObject || one.values !== undefined || other.values !== undefined) return false;
  const ownMembers = new Map(readMembers(one.plain, "properties", one.at));
  const itsMembers = new Map(readMembers(other.plain, "properties", other.at));
  const ownRequired = readRequired(one.plain, one.at);
  const { additionalProperties, patternProperties } = one.plain;
  const hasFreeKeys =
    patternProperties !== undefined ||
    (additionalProperties === undefined ? one.plain.properties === undefined : additionalProperties !== false);
  const isWritten = (name: string): boolean => hasFreeKeys || ownMembers.has(name) || ownRequired.includes(name);
  if (readRequired(other.plain, other.at).some((name) => !isWritten(name))) return true;
  const inner = (schema: unknown, at: string): readonly BranchFacts[] => memberFacts(source, schema, { at, level });
  return ownRequired.some((name) => {
    if (!itsMembers.has(name)) {
      return other.plain.additionalProperties === false && other.plain.patternProperties === undefined;
    }
    const [ones, others] = [inner(ownMembers.get(name) ?? true, one.at), inner(itsMembers.get(name), other.at)];
    return ownMembers.has(name) && ones.every((own) => others.every((its) => areDisjoint(source, [own, its], level)));
  });
}

/** Each branch is compared with every other one, so the facts of its members are kept. */
const factsBySchema = new WeakMap<object, readonly BranchFacts[]>();

function memberFacts(source: SchemaReader, schema: unknown, { at, level }: SchemaPlace): readonly BranchFacts[] {
  const known = isJsonObject(schema) ? factsBySchema.get(schema) : undefined;
  if (known !== undefined) return known;
  const flat = source.flatten(source.locate(schema, at, level + 1), level + 1);
  const facts = source.alternativesOf(flat, level + 1, WIDE).flatMap(factsOf);
  if (isJsonObject(schema)) factsBySchema.set(schema, facts);
  return facts;
}

/** Whether the outputs of the first are invalid for the second by their values or types alone. */
function areDisjoint(source: SchemaReader, [one, other]: readonly [BranchFacts, BranchFacts], level: number): boolean {
  const [ones, others] = [one.values, other.values];
  if (ones !== undefined && others !== undefined) {
    const texts = new Set(others.map(canonicalText));
    return !ones.some((value) => texts.has(canonicalText(value)));
  }
  const [values, open] = ones === undefined ? [others, one] : [ones, other];
  if (values !== undefined) {
    const flat = { plain: open.plain, groups: [], at: open.at };
    return values.every((value) => isValid(source, value, { flat, level: level + 1 }) === false);
  }
  return !one.written.some((type) => other.types.some((its) => typesMeet(type, its)));
}
