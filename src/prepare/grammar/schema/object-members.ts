import type { JsonTypeName } from "../../../core/call-syntax.js";
import { isJsonObject, type JsonObject } from "../../../core/json.js";
import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import type { FlatSchema, LocatedSchema, SchemaReader } from "./flat-schema.js";
import { readPatterns } from "./pattern-members.js";
import { placeOf, valuesOf } from "./plain-schema.js";
import {
  assertionsOf,
  escapePointer,
  jsonTypeOf,
  readCount,
  readMembers,
  readRequired,
  readTypes,
} from "./schema-keywords.js";
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

/**
 * The members of the objects that a schema describes. Where it has several branches without any member beside them, the names are free. The keywords of
 * objects that such members do not hold are noted.
 */
export function membersOfSchema(source: SchemaReader, schema: FlatSchema, level: number): ObjectMembers {
  const { plain, groups, at } = objectsOf(source, schema, level);
  if (plain === false) return { members: [], isFree: false };
  const described = readMembers(plain, "properties", at);
  const required = readRequired(plain, at);
  const patterns = readPatterns(source, plain, at);
  const others = plain.additionalProperties;
  const members: ObjectMember[] = [];
  const add = (name: string, own: { schema: unknown; at: string } | undefined): void => {
    const matching = patterns.filter(({ language }) => language.has(name));
    const parts = [...(own === undefined ? [] : [own]), ...matching];
    const [part = { schema: others ?? true, at: `${at}/additionalProperties` }] = parts;
    const isNever = parts.some(({ schema }) => schema === false);
    const schema = parts.length <= 1 ? part.schema : isNever ? false : { allOf: parts.map((one) => one.schema) };
    const isRequired = required.includes(name);
    if (schema !== false || isRequired) members.push({ name, isRequired, schema, at: part.at });
  };
  for (const [name, schema] of described) add(name, { schema, at: `${at}/properties/${escapePointer(name)}` });
  for (const name of required) if (!described.some(([known]) => known === name)) add(name, undefined);
  const isOpen = others === undefined ? plain.properties === undefined : others !== false;
  const isFree = members.length === 0 && (groups.length > 0 || isOpen);
  noteUnheld(source, { plain, groups, at }, { members, isFree });
  return { members, isFree };
}

/** The schema of the objects among the values, without branches if only one of them describes objects. */
function objectsOf(source: SchemaReader, flat: FlatSchema, level: number): FlatSchema {
  if (flat.groups.length === 0) return flat;
  const objects = source.merge(flat, { plain: { type: "object" }, groups: [], at: flat.at });
  const alternatives = source.alternativesOf(objects, level);
  return alternatives.length === 1 ? (alternatives[0] ?? flat) : flat;
}

/** Notes the keywords of objects that members written one by one do not hold. */
function noteUnheld(
  source: SchemaReader,
  { plain, groups, at }: FlatSchema & { readonly plain: JsonObject },
  { members, isFree }: ObjectMembers,
): void {
  const note = (pointer: string, keyword: string): void => {
    source.unheld.noteRestriction(pointer, `${keyword} is not held where the model writes members one by one`);
  };
  for (const group of groups) note(group.at, "the choice of branches");
  const required = members.filter(({ isRequired }) => isRequired).length;
  const isHeld: Readonly<Record<string, (value: unknown) => boolean>> = {
    enum: () => false,
    not: () => false,
    minProperties: () => (readCount(plain, "minProperties", at) ?? 0) <= required,
    maxProperties: () => !isFree && (readCount(plain, "maxProperties", at) ?? Infinity) >= members.length,
    propertyNames: (value) => value === true,
    patternProperties: () => !isFree,
    additionalProperties: (value) => !isFree || !isJsonObject(value) || assertionsOf(value).length === 0,
  };
  for (const [keyword, holds] of Object.entries(isHeld)) {
    if (plain[keyword] === undefined || holds(plain[keyword])) continue;
    note(placeOf(plain, keyword, at), `"${keyword}"`);
  }
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
    const known = membersOfSchema(source, source.flatten(source.root, 0), 0).members.map(
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
