import type { GrammarBounds } from "./grammar-bounds.js";
import { type GrammarNode, ROOT_RULE } from "./grammar-node.js";
import { readFixedValues } from "./fixed-values.js";
import type { RuleBook } from "./rule-book.js";
import { assertionsOf } from "./schema-keywords.js";
import { SchemaConverter } from "./schema-converter.js";
import { type PlacedSchema, SchemaSource } from "./schema-source.js";

export interface SchemaGrammar {
  readonly node: GrammarNode;
  /** Where an output may be read in several ways. */
  readonly branchings: readonly GrammarNode[];
  /** What a rule is called in a refusal. */
  readonly nameOf: (rule: string) => string;
  /** Whether it has listed values alone. */
  readonly isFixed: boolean;
}

/**
 * The grammar of a whole schema, its rules put in the book.
 * @param options.ofObject whether it describes an object where it does not say what it describes; default: any JSON
 * @throws GrammarProblem with the JSON pointer of what is not supported, or can't be held
 */
export function compileSchema(
  book: RuleBook,
  schema: string,
  { bounds, ofObject = false }: { bounds: GrammarBounds; ofObject?: boolean },
): SchemaGrammar {
  const source = SchemaSource.parse(schema, bounds);
  const converter = new SchemaConverter(book, source);
  const node = converter.convert(ofObject ? describingObject(source.root) : source.root, 0);
  const flat = source.flatten(source.root, 0);
  const hasValues = typeof flat.schema === "object" && readFixedValues(flat.schema, flat.at) !== undefined;
  const nameOf = (rule: string): string => {
    const pointer = converter.pointerOf(rule);
    return pointer === undefined
      ? rule === ROOT_RULE
        ? "it"
        : `its part ${rule}`
      : `what is at ${JSON.stringify(`#${pointer}`)}`;
  };
  return { node, branchings: converter.branchings, nameOf, isFixed: hasValues };
}

function describingObject({ schema, at }: PlacedSchema): PlacedSchema {
  const isSilent = typeof schema === "object" && assertionsOf(schema).length === 0;
  return schema === true || isSilent ? { schema: { type: "object" }, at } : { schema, at };
}
