import type { JsonObject } from "../../../core/json.js";
import { writeOrderedJson } from "../../../core/ordered-json.js";
import { arrayGrammar, COMMA } from "../json/value-grammar.js";
import { EMPTY, type GrammarNode, optional, sequence, text } from "../rules/grammar-node.js";
import type { InnerConverter } from "./inner-converter.js";
import { type Contains, listOf, placeOf, valuesOf } from "./plain-schema.js";
import { canonicalText, NoValueProblem, problemAt, readCount, readList } from "./schema-keywords.js";
import { distinctItems } from "./distinct-items.js";
import type { SchemaPlace } from "./flat-schema.js";

/** llama.cpp reads a repetition count above 2,000 as unbounded. */
const MAX_ITEMS = 2_000;
/** More different items would need too many rules. */
const MAX_LISTED = 128;

interface ItemCounts {
  readonly min: number;
  readonly max: number;
}

/** The grammar of an array. The model writes every item of `prefixItems`, and further items only where `items` describes them or `minItems` requires them. */
export function arrayOfSchema(converter: InnerConverter, plain: JsonObject, { at, level }: SchemaPlace): GrammarNode {
  const { book, source } = converter;
  const first = readList(plain, "prefixItems", at) ?? [];
  const contained = containedItems(converter, plain, { at, first });
  const counts = readItemCounts(plain, at, contained.length);
  let { items } = plain;
  if (plain.uniqueItems === true && counts.max > 1) {
    const values =
      first.length === 0 && contained.length === 0 ? listedValues(converter, items, { at, level }) : undefined;
    if (values !== undefined && values.length <= MAX_LISTED)
      return sequence(text("["), distinctItems(book, values, { ...counts, at }), text("]"));
    source.unheld.noteRestriction(
      placeOf(plain, "uniqueItems", at),
      values === undefined
        ? '"uniqueItems" is held only for items of an "enum", a "const" or a boolean'
        : `"uniqueItems" is held for up to ${MAX_LISTED} values, but the items have ${values.length}`,
    );
  }
  const convertItem = (): GrammarNode | undefined => {
    try {
      return items === false ? undefined : converter.convertInner(items ?? true, `${at}/items`, level);
    } catch (error) {
      if (!(error instanceof NoValueProblem)) throw error;
      items = false;
      return undefined;
    }
  };
  const leading = [
    ...first
      .slice(0, Math.min(counts.max, first.length))
      .map((item, index) => [item, `${at}/prefixItems/${index}`] as const),
    ...contained.map((item) => [item, placeOf(plain, "contains", at)] as const),
  ].map(([item, pointer]) => converter.convertInner(item, pointer, level));
  const item = counts.max > leading.length ? convertItem() : undefined;
  if (item === undefined && counts.min > leading.length) {
    throw new NoValueProblem(at, `minItems ${counts.min} is more than the ${leading.length} items that are allowed`);
  }
  if (leading.length === 0) return item === undefined ? text("[]") : arrayGrammar(book, item, counts);
  const more = { min: Math.max(0, counts.min - leading.length), max: counts.max - leading.length };
  const written = leading.flatMap((node, index) => (index === 0 ? [node] : [COMMA, node]));
  return sequence(text("["), ...written, item === undefined ? EMPTY : moreItems(item, more), text("]"));

  function moreItems(node: GrammarNode, { min, max }: ItemCounts): GrammarNode {
    const describesMore = items !== undefined || contained.length > 0;
    if (min === 0 && !describesMore) return EMPTY;
    const another = sequence(COMMA, node);
    const most = describesMore ? max : min;
    return most === 1 && min === 0 ? optional(another) : book.repeat(another, min, most);
  }
}

/** The least and the largest number of items. `contained` is the number of items that `contains` requires. */
export function readItemCounts(plain: JsonObject, at: string, contained: number): ItemCounts {
  const min = Math.max(readCount(plain, "minItems", at) ?? 0, contained);
  const max = readCount(plain, "maxItems", at) ?? Infinity;
  if (min > max) throw new NoValueProblem(at, `minItems ${min} is more than maxItems ${max}`);
  if (min > MAX_ITEMS) {
    throw problemAt(`${at}/minItems`, `${min} is more than ${MAX_ITEMS}, the largest supported count`);
  }
  return { min, max: max === Infinity ? max : Math.min(max, MAX_ITEMS) };
}

/** The items with which an array begins so that it has what `contains` asks for. */
function containedItems(
  { source }: InnerConverter,
  plain: JsonObject,
  { at, first }: { at: string; first: readonly unknown[] },
): readonly unknown[] {
  const listed = listOf(plain, "contains") as readonly Contains[];
  return listed.flatMap(({ schema, min, max }, index) => {
    if (min === 0 && max === undefined) return [];
    const place = placeOf(plain, "contains", at);
    if (max !== undefined || first.length > 0 || index > 0 || !Number.isInteger(min) || Number(min) > MAX_ITEMS) {
      const beside = max === undefined ? '"prefixItems" or another "contains"' : '"maxContains"';
      source.unheld.noteRestriction(place, `"contains" beside ${beside} is not supported`);
      return [];
    }
    const item = plain.items === undefined ? schema : { allOf: [plain.items, schema] };
    return Array.from({ length: Number(min) }, () => item);
  });
}

/** The JSON texts of all valid items, if the schema of the items lists them. */
function listedValues(
  { source }: InnerConverter,
  items: unknown,
  { at, level }: SchemaPlace,
): readonly string[] | undefined {
  if (items === undefined) return undefined;
  const flat = source.flatten(source.locate(items, `${at}/items`, level + 1), level + 1);
  const texts = new Map<string, string>();
  for (const { plain } of source.alternativesOf(flat, level + 1)) {
    if (plain === false) continue;
    const values =
      valuesOf(plain) ?? (plain.type === "boolean" ? [true, false] : plain.type === "null" ? [null] : undefined);
    if (values === undefined) return undefined;
    if (Object.keys(plain).some((keyword) => keyword !== "enum" && keyword !== "type")) return undefined;
    for (const value of values) texts.set(canonicalText(value), writeOrderedJson(value));
  }
  return [...texts.values()];
}
