import { choice, type GrammarNode, sequence, text } from "./grammar-node.js";
import { COLON, COMMA, mapGrammar } from "./json-value-grammar.js";
import type { JsonObject } from "../../core/json.js";
import { escapePointer, problemAt, readCount, readProperties, readRequired } from "./schema-keywords.js";
import type { SchemaScope } from "./schema-scope.js";

const MOST_MEMBERS = 2_000;
/** Any of those in a row may be the next one, and all of them are tried at once. */
const MOST_OPTIONAL = 60;

interface Member {
  readonly name: string;
  readonly value: GrammarNode;
  readonly isRequired: boolean;
}

/**
 * An object as the schema wants it: the members in the order of `properties`, each at most once. Members that are not described are not written, but where
 * none is described and `properties` is not given, or `additionalProperties` says what they are: then the keys are free.
 */
export function objectGrammar(
  converter: SchemaScope,
  schema: JsonObject,
  { at, level }: { at: string; level: number },
): GrammarNode {
  const { additionalProperties } = schema;
  const described = readProperties(schema, at);
  const required = readRequired(schema, at);
  const min = readCount(schema, "minProperties", at) ?? 0;
  const max = readCount(schema, "maxProperties", at) ?? Infinity;
  if (min > max) throw problemAt(at, `minProperties ${min} is more than maxProperties ${max}`);
  const isGiven = additionalProperties !== undefined && additionalProperties !== false;
  const isFree =
    described.length === 0 && (isGiven || (additionalProperties === undefined && schema.properties === undefined));
  const convertOther = (): GrammarNode =>
    converter.convertInner(additionalProperties ?? true, `${at}/additionalProperties`, level);
  if (isFree && required.length === 0) {
    return freeObject(converter, convertOther, { min, max, at });
  }
  const members: Member[] = [];
  for (const [name, inner] of described) {
    const where = `${at}/properties/${escapePointer(name)}`;
    const isRequired = required.includes(name);
    if (inner === false && !isRequired) continue;
    members.push({ name, isRequired, value: converter.convertInner(inner, where, level) });
  }
  for (const name of required) {
    if (described.some(([known]) => known === name)) continue;
    if (additionalProperties === false) {
      throw problemAt(`${at}/required`, `${JSON.stringify(name)} is required and not allowed`);
    }
    members.push({ name, isRequired: true, value: convertOther() });
  }
  const fitting = fitMembers(members, { min, max, at });
  let inRow = 0;
  for (const { isRequired } of fitting) {
    inRow = isRequired ? 0 : inRow + 1;
    if (inRow <= MOST_OPTIONAL) continue;
    throw problemAt(`${at}/properties`, `more than ${MOST_OPTIONAL} members in a row that are not required`);
  }
  return describedObject(converter, fitting, min);
}

function freeObject(
  { book }: SchemaScope,
  convertValue: () => GrammarNode,
  { min, max, at }: { min: number; max: number; at: string },
): GrammarNode {
  if (max === 0) return text("{}");
  if (min > 1)
    throw problemAt(`${at}/minProperties`, `${min} can't be held where keys are free: they may be written twice`);
  if (max > MOST_MEMBERS && max !== Infinity)
    throw problemAt(`${at}/maxProperties`, `${max} is more than ${MOST_MEMBERS}`);
  return mapGrammar(book, convertValue(), { min, max });
}

/** Leaves members out, or makes them required, so that their number is within the bounds whatever is written. */
function fitMembers(
  members: readonly Member[],
  { min, max, at }: { min: number; max: number; at: string },
): readonly Member[] {
  const required = members.filter(({ isRequired }) => isRequired);
  if (required.length > max) {
    throw problemAt(`${at}/maxProperties`, `${max} is less than the ${required.length} members that are required`);
  }
  if (min > members.length) {
    throw problemAt(`${at}/minProperties`, `${min} is more than the ${members.length} members that are described`);
  }
  if (max < members.length && max > required.length) {
    throw problemAt(
      `${at}/maxProperties`,
      `${max} of ${members.length} members, of which ${required.length} are required, can't be held`,
    );
  }
  if (max === required.length) return required;
  if (min <= Math.max(1, required.length)) return members;
  if (min === members.length) return members.map((member) => ({ ...member, isRequired: true }));
  throw problemAt(
    `${at}/minProperties`,
    `${min} of ${members.length} members, of which ${required.length} are required, can't be held`,
  );
}

/**
 * From the last member to the first. After what is written up to a member, at most one way on begins with each of the names that may come next; the comma
 * and the quote before them stand there once.
 */
function describedObject({ book }: SchemaScope, members: readonly Member[], min: number): GrammarNode {
  const end = text("}");
  /** What comes after the quote that begins the name of this member, or of one after it. */
  let names: GrammarNode | undefined;
  let isRequiredAhead = false;
  const openName = (before: GrammarNode): GrammarNode => {
    if (names === undefined) return end;
    const next = sequence(before, text('"'), names);
    return isRequiredAhead ? next : choice(next, end);
  };
  for (const { name, value, isRequired } of members.toReversed()) {
    const own = sequence(text(`${JSON.stringify(name).slice(1, -1)}"`), COLON, value, openName(COMMA));
    names = isRequired || names === undefined ? own : book.add("members", choice(own, names));
    // A rule for each, so that neither text nor nesting grows with their number.
    if (names.type !== "rule") names = book.add("members", names);
    isRequiredAhead ||= isRequired;
  }
  if (min > 0) isRequiredAhead = true;
  return sequence(text("{"), openName(text("")));
}
