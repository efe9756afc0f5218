import type { JsonTypeName } from "../../../core/call-syntax.js";
import type { JsonObject } from "../../../core/json.js";
import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import {
  assertionsOf,
  escapePointer,
  jsonTypeOf,
  readFixedValues,
  readProperties,
  readRequired,
  readTypes,
} from "./schema-keywords.js";
import { type LocatedSchema, SchemaSource } from "./schema-source.js";
import { UnheldKeywords } from "./unheld-keywords.js";

/** A member that a schema describes or requires. */
export interface ObjectMember {
  readonly name: string;
  readonly isRequired: boolean;
  /** The member's own schema and its pointer. */
  readonly schema: unknown;
  readonly at: string;
}

export interface ObjectMembers {
  /** In the order of `properties`, then those that are only required. */
  readonly members: readonly ObjectMember[];
  /** Whether the names are free, since the schema describes none. */
  readonly isFree: boolean;
}

/** The members of the objects that a schema describes. Where it has branches, the names are free. */
export function membersOf(source: SchemaSource, located: LocatedSchema): ObjectMembers {
  const { schema, at } = source.flatten(located, 0);
  if (typeof schema === "boolean") return { members: [], isFree: schema };
  const described = readProperties(schema, at);
  const required = readRequired(schema, at);
  const hasBranches = schema.anyOf !== undefined || schema.oneOf !== undefined;
  const members: ObjectMember[] = described.map(([name, inner]) => ({
    name,
    isRequired: required.includes(name),
    schema: inner,
    at: `${at}/properties/${escapePointer(name)}`,
  }));
  for (const name of required) {
    if (described.some(([known]) => known === name)) continue;
    const inner = schema.additionalProperties ?? true;
    members.push({ name, isRequired: true, schema: inner, at: `${at}/additionalProperties` });
  }
  const { additionalProperties } = schema;
  const isOpen = additionalProperties === undefined ? schema.properties === undefined : additionalProperties !== false;
  return { members, isFree: members.length === 0 && (hasBranches || isOpen) };
}

/** The types that a value may have. undefined means that the schema tells none. */
export function typesOf(
  source: SchemaSource,
  located: LocatedSchema,
  level: number,
): readonly JsonTypeName[] | undefined {
  const { schema, at } = source.flatten(located, level);
  if (typeof schema === "boolean") return undefined;
  const fixed = readFixedValues(schema, at);
  if (fixed !== undefined) return [...new Set(fixed.map(jsonTypeOf))];
  const branches = source.branchesOf(schema, at, level);
  if (branches !== undefined) {
    const types = branches.map((branch) => typesOf(source, branch, level + 1));
    return types.every((type) => type !== undefined) ? [...new Set(types.flat())] : undefined;
  }
  return assertionsOf(schema).length === 0 ? undefined : readTypes(schema, at);
}

/** The types of the members that a schema describes, by name. A schema that cannot be read tells none. */
export function memberTypes(schema: string, bounds: GrammarBounds): Readonly<Record<string, readonly JsonTypeName[]>> {
  try {
    const source = SchemaSource.parse(schema, bounds, new UnheldKeywords("lenient"));
    const known = membersOf(source, source.root).members.map(
      (member) =>
        [member.name, orUnknown(() => typesOf(source, source.locate(member.schema, member.at, 1), 1))] as const,
    );
    return Object.fromEntries(known.flatMap(([name, types]) => (types === undefined ? [] : [[name, types]])));
  } catch (error) {
    if (error instanceof GrammarProblem) return {};
    throw error;
  }
}

function orUnknown<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof GrammarProblem) return undefined;
    throw error;
  }
}

/** The values that a schema lists. undefined means that it lists none. */
export function fixedValuesOf(source: SchemaSource, located: LocatedSchema): readonly unknown[] | undefined {
  const { schema, at } = source.flatten(located, 1);
  return typeof schema === "boolean" ? undefined : readFixedValues(schema, at);
}

/** The schema with everything that applies to the same value. */
export function flatSchemaOf(source: SchemaSource, located: LocatedSchema): JsonObject | undefined {
  const { schema } = source.flatten(located, 1);
  return typeof schema === "boolean" ? undefined : schema;
}
