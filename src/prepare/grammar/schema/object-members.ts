import type { JsonTypeName } from "../../../core/call-syntax.js";
import type { JsonObject } from "../../../core/json.js";
import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import type { LocatedSchema, SchemaReader } from "./flat-schema.js";
import { valuesOf } from "./plain-schema.js";
import { assertionsOf, escapePointer, jsonTypeOf, readMembers, readRequired, readTypes } from "./schema-keywords.js";
import { SchemaSource } from "./schema-source.js";
import type { SchemaWork } from "./schema-work.js";
import { UnheldKeywords } from "./unheld-keywords.js";

/** A member that a schema describes or requires. */
interface ObjectMember {
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
export function membersOfSchema(source: SchemaReader, located: LocatedSchema): ObjectMembers {
  const { plain, groups, at } = source.flatten(located, 0);
  if (plain === false) return { members: [], isFree: false };
  const described = readMembers(plain, "properties", at).filter(([, inner]) => inner !== false);
  const required = readRequired(plain, at);
  const members: ObjectMember[] = described.map(([name, inner]) => ({
    name,
    isRequired: required.includes(name),
    schema: inner,
    at: `${at}/properties/${escapePointer(name)}`,
  }));
  const others = plain.additionalProperties;
  for (const name of required) {
    if (described.some(([known]) => known === name)) continue;
    members.push({ name, isRequired: true, schema: others ?? true, at: `${at}/additionalProperties` });
  }
  const isOpen = others === undefined ? plain.properties === undefined : others !== false;
  return { members, isFree: members.length === 0 && (groups.length > 0 || isOpen) };
}

/** The types that a value may have. undefined means that the schema tells none. */
export function typesOf(
  source: SchemaReader,
  located: LocatedSchema,
  level: number,
): readonly JsonTypeName[] | undefined {
  const flat = source.flatten(located, level);
  const types = source.alternativesOf(flat, level).map(({ plain, at }) => {
    if (plain === false) return [];
    const fixed = valuesOf(plain);
    if (fixed !== undefined) return [...new Set(fixed.map(jsonTypeOf))];
    return assertionsOf(plain).length === 0 ? undefined : readTypes(plain, at);
  });
  return types.every((type) => type !== undefined) ? [...new Set(types.flat())] : undefined;
}

/** The types of the members that a schema describes, by name. A schema that cannot be read tells none. */
export function memberTypes(
  schema: string,
  { bounds, work }: { bounds: GrammarBounds; work: SchemaWork },
): Readonly<Record<string, readonly JsonTypeName[]>> {
  try {
    const source = SchemaSource.parse(schema, { bounds, unheld: new UnheldKeywords("lenient"), work });
    const known = membersOfSchema(source, source.root).members.map(
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
export function fixedValuesOf(source: SchemaReader, located: LocatedSchema): readonly unknown[] | undefined {
  const { plain } = source.flatten(located, 1);
  return plain === false ? undefined : valuesOf(plain);
}

/** The keywords that apply to the same value, in their plain form. */
export function flatSchemaOf(source: SchemaReader, located: LocatedSchema): JsonObject | undefined {
  const { plain } = source.flatten(located, 1);
  return plain === false ? undefined : plain;
}
