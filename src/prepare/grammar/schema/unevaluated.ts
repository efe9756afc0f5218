import type { JsonObject } from "../../../core/json.js";
import { mergePlain, plainAt } from "./plain-schema.js";
import type { FlatSchema, SchemaReader } from "./flat-schema.js";

/** The keywords for what other keywords leave open, and the keyword that means the same once all others are merged. */
const CLOSING = [
  ["unevaluatedProperties", "additionalProperties"],
  ["unevaluatedItems", "items"],
] as const;

/**
 * Holds `unevaluatedProperties` and `unevaluatedItems`, which apply to what the other keywords of the schema and of those merged into it do not describe. Each
 * combination of branches is closed by itself.
 */
export function closeUnevaluated(
  source: SchemaReader,
  flat: FlatSchema,
  { schema, level }: { schema: JsonObject; level: number },
): FlatSchema {
  const closing = CLOSING.filter(([keyword]) => schema[keyword] !== undefined && schema[keyword] !== true);
  if (closing.length === 0 || flat.plain === false) return flat;
  for (const [keyword] of closing) {
    if (schema.if === undefined && schema.not === undefined) continue;
    source.unheld.noteRestriction(`${flat.at}/${keyword}`, `"${keyword}" beside "if" or "not" is not supported`);
    return flat;
  }
  const close = (open: FlatSchema): FlatSchema => {
    const { plain } = open;
    if (plain === false) return open;
    const added = closing.filter(([, meaning]) => plain[meaning] === undefined);
    const closed = plainAt(
      [...Object.entries(plain), ...added.map(([keyword, meaning]) => [meaning, schema[keyword]] as const)],
      added.map(([keyword, meaning]) => [meaning, `${flat.at}/${keyword}`] as const),
    );
    return { ...open, plain: mergePlain(plain, closed, { at: flat.at, matches: () => false }) };
  };
  if (flat.groups.length === 0) return close(flat);
  const branches = source.alternativesOf(flat, level).map(close);
  return { plain: {}, groups: [{ branches, isExclusive: false, at: flat.at }], at: flat.at, isNarrowed: true };
}
