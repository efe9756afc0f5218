import type { JsonObject } from "../../../core/json.js";
import { arrayGrammar, COLON, COMMA, mapGrammar } from "../json/value-grammar.js";
import { choice, EMPTY, type GrammarNode, optional, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { escapePointer, problemAt, readCount, readList, readProperties, readRequired } from "./schema-keywords.js";

/** llama.cpp reads a repetition count above 2,000 as unbounded. */
const MAX_ITEMS = 2_000;
const MAX_MEMBERS = 2_000;
/** Each optional member in a row is an alternative at the same position. */
const MAX_OPTIONAL_IN_ROW = 60;

/** The converter of the schemas inside an object or an array. */
export interface InnerConverter {
  readonly book: RuleBook;
  /**
   * The grammar of a schema inside another, such as a member's.
   * @param at the JSON pointer of the inner schema
   * @param level the number of schemas around the outer schema
   */
  convertInner(schema: unknown, at: string, level: number): GrammarNode;
}

interface SchemaLocation {
  readonly at: string;
  readonly level: number;
}

interface Member {
  readonly name: string;
  readonly value: GrammarNode;
  readonly isRequired: boolean;
}

/** The grammar of an array. The model writes every item of `prefixItems`, and further items only where `items` describes them or `minItems` requires them. */
export function arrayOfSchema(
  converter: InnerConverter,
  schema: JsonObject,
  { at, level }: SchemaLocation,
): GrammarNode {
  const { book } = converter;
  const { items } = schema;
  const first = readList(schema, "prefixItems", at) ?? [];
  const min = readCount(schema, "minItems", at) ?? 0;
  const max = readCount(schema, "maxItems", at) ?? Infinity;
  if (min > max) throw problemAt(at, `minItems ${min} is more than maxItems ${max}`);
  for (const [keyword, count] of [["minItems", min] as const, ["maxItems", max] as const]) {
    if (count > MAX_ITEMS && count !== Infinity)
      throw problemAt(`${at}/${keyword}`, `${count} is more than ${MAX_ITEMS}, the largest supported count`);
  }
  const convertItem = (): GrammarNode =>
    converter.convertInner(items === undefined ? true : items, `${at}/items`, level);
  if (items === false && min > first.length)
    throw problemAt(at, `minItems ${min} is more than the ${first.length} items that are allowed`);
  if (first.length === 0) {
    if (items === false || max === 0) return text("[]");
    return arrayGrammar(book, convertItem(), { min, max });
  }
  const written = first
    .slice(0, Math.min(max, first.length))
    .map((item, index) => converter.convertInner(item, `${at}/prefixItems/${index}`, level));
  const more = { min: Math.max(0, min - written.length), max: max - written.length };
  const describesMore = items !== undefined && items !== false;
  const rest = more.min > 0 || (describesMore && more.max > 0) ? moreItems() : EMPTY;
  return sequence(
    text("["),
    ...written.flatMap((item, index) => (index === 0 ? [item] : [COMMA, item])),
    rest,
    text("]"),
  );

  function moreItems(): GrammarNode {
    const another = sequence(COMMA, convertItem());
    const count = describesMore ? more : { min: more.min, max: more.min };
    return count.max === 1 && count.min === 0 ? optional(another) : book.repeat(another, count.min, count.max);
  }
}

/**
 * The grammar of an object. The model writes the described members in the order of `properties`, each at most once, and no others. The keys are free when
 * `properties` describes none and is absent, or when `additionalProperties` gives the schema of the values.
 */
export function objectOfSchema(
  converter: InnerConverter,
  schema: JsonObject,
  { at, level }: SchemaLocation,
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
    const pointer = `${at}/properties/${escapePointer(name)}`;
    const isRequired = required.includes(name);
    if (inner === false && !isRequired) continue;
    members.push({ name, isRequired, value: converter.convertInner(inner, pointer, level) });
  }
  for (const name of required) {
    if (described.some(([known]) => known === name)) continue;
    if (additionalProperties === false) {
      throw problemAt(`${at}/required`, `${JSON.stringify(name)} is required but not allowed`);
    }
    members.push({ name, isRequired: true, value: convertOther() });
  }
  const fitting = fitMembers(members, { min, max, at });
  let inRow = 0;
  for (const { isRequired } of fitting) {
    inRow = isRequired ? 0 : inRow + 1;
    if (inRow <= MAX_OPTIONAL_IN_ROW) continue;
    throw problemAt(`${at}/properties`, `has more than ${MAX_OPTIONAL_IN_ROW} optional members in a row`);
  }
  return describedObject(converter, fitting, min);
}

function freeObject(
  { book }: InnerConverter,
  convertValue: () => GrammarNode,
  { min, max, at }: { min: number; max: number; at: string },
): GrammarNode {
  if (max === 0) return text("{}");
  if (min > 1) {
    throw problemAt(
      `${at}/minProperties`,
      `${min} cannot be enforced with free keys, since the model may write a key twice; at most 1 is supported`,
    );
  }
  if (max > MAX_MEMBERS && max !== Infinity)
    throw problemAt(`${at}/maxProperties`, `${max} is more than ${MAX_MEMBERS}, the largest supported count`);
  return mapGrammar(book, convertValue(), { min, max });
}

/** Leaves members out, or makes them required, so that every output has a number of members within the bounds. */
function fitMembers(
  members: readonly Member[],
  { min, max, at }: { min: number; max: number; at: string },
): readonly Member[] {
  const required = members.filter(({ isRequired }) => isRequired);
  const counts = `with ${members.length} members, ${required.length} of them required`;
  if (required.length > max) {
    throw problemAt(`${at}/maxProperties`, `${max} is less than ${required.length}, the number of required members`);
  }
  if (min > members.length) {
    throw problemAt(`${at}/minProperties`, `${min} is more than ${members.length}, the number of described members`);
  }
  if (max < members.length && max > required.length) {
    throw problemAt(`${at}/maxProperties`, `${max} cannot be enforced ${counts}`);
  }
  if (max === required.length) return required;
  if (min <= Math.max(1, required.length)) return members;
  if (min === members.length) return members.map((member) => ({ ...member, isRequired: true }));
  throw problemAt(`${at}/minProperties`, `${min} cannot be enforced ${counts}`);
}

/**
 * Builds the object from its last member to its first. After each member, every alternative begins with a different name, and the comma and the quote
 * before the names are written once.
 */
function describedObject({ book }: InnerConverter, members: readonly Member[], min: number): GrammarNode {
  const end = text("}");
  /** The rest of the object after the opening quote of the next member's name. */
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
    // Each member gets a rule of its own, so that neither the text nor the nesting grows with their number.
    if (names.type !== "rule") names = book.add("members", names);
    isRequiredAhead ||= isRequired;
  }
  if (min > 0) isRequiredAhead = true;
  return sequence(text("{"), openName(text("")));
}
