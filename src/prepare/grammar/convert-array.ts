import { EMPTY, type GrammarNode, optional, sequence, text } from "./grammar-node.js";
import { arrayGrammar, COMMA } from "./json-value-grammar.js";
import type { JsonObject } from "../../core/json.js";
import { problemAt, readCount, readList } from "./schema-keywords.js";
import type { SchemaScope } from "./schema-scope.js";

/** llama.cpp takes more than 2,000 repetitions for any number. */
const MOST_ITEMS = 2_000;

/** An array as the schema wants it. All that `prefixItems` describes is written; what comes after it only where `items` describes it. */
export function arrayOfSchema(
  converter: SchemaScope,
  schema: JsonObject,
  { at, level }: { at: string; level: number },
): GrammarNode {
  const { book } = converter;
  const { items } = schema;
  const first = readList(schema, "prefixItems", at) ?? [];
  const min = readCount(schema, "minItems", at) ?? 0;
  const max = readCount(schema, "maxItems", at) ?? Infinity;
  if (min > max) throw problemAt(at, `minItems ${min} is more than maxItems ${max}`);
  for (const [keyword, count] of [["minItems", min] as const, ["maxItems", max] as const]) {
    if (count > MOST_ITEMS && count !== Infinity)
      throw problemAt(`${at}/${keyword}`, `${count} is more than ${MOST_ITEMS}`);
  }
  const convertItem = (): GrammarNode =>
    items === undefined
      ? converter.convertInner(true, `${at}/items`, level)
      : converter.convertInner(items, `${at}/items`, level);
  if (items === false && min > first.length)
    throw problemAt(at, `minItems ${min} is more than the items that may be there`);
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
