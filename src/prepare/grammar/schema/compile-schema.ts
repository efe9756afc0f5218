import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { type GrammarNode, ROOT_RULE } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { SchemaConverter } from "./schema-converter.js";
import { SchemaSource } from "./schema-source.js";
import type { SchemaWork } from "./schema-work.js";
import { type Strictness, UnheldKeywords, type UnheldPart } from "./unheld-keywords.js";

export interface SchemaGrammar {
  readonly node: GrammarNode;
  /** The choices at which an output may have several derivations. */
  readonly branchings: readonly GrammarNode[];
  /** The keywords of a branching in an error text. */
  readonly placeOf: (branching: GrammarNode) => string | undefined;
  /** The name of a rule in an error text. */
  readonly nameOf: (rule: string) => string;
  /** Whether `enum` or `const` lists every valid value. */
  readonly isFixed: boolean;
  /** The keywords that the grammar does not hold. */
  readonly notHeld: readonly UnheldPart[];
}

/**
 * Compiles a whole schema and puts its rules in the book.
 * @param options.isObject whether the values are objects, as the arguments of a call are; by default a schema that restricts nothing stands for any JSON
 * @param options.strictness which keywords that the grammar cannot hold are refused
 * @param options.work counts the work of all schemas of a request; by default the schema is the only one
 * @throws GrammarProblem with the JSON pointers of the keywords that are refused
 */
export function compileSchema(
  book: RuleBook,
  schema: string,
  options: { bounds: GrammarBounds; strictness: Strictness; isObject?: boolean; work?: SchemaWork },
): SchemaGrammar {
  const { bounds, strictness, isObject = false, work } = options;
  const unheld = new UnheldKeywords(strictness);
  const source = SchemaSource.parse(schema, { bounds, unheld, ...(work !== undefined && { work }) });
  const converter = new SchemaConverter(book, source);
  const node = converter.convertRoot(isObject);
  const nameOf = (rule: string): string => {
    const pointer = converter.pointerOf(rule);
    if (pointer !== undefined) return `the schema at ${JSON.stringify(`#${pointer}`)}`;
    return rule === ROOT_RULE ? "the schema" : `its part ${rule}`;
  };
  const { branchings, isFixed } = converter;
  const placeOf = (branching: GrammarNode): string | undefined => converter.placeOf(branching);
  return { node, branchings, placeOf, nameOf, isFixed, notHeld: unheld.finish() };
}
