import type { GrammarNode } from "./grammar-node.js";
import type { RuleBook } from "./rule-book.js";

/** What the grammars of objects and arrays need to know of the schema around them. */
export interface SchemaScope {
  readonly book: RuleBook;
  /**
   * The grammar of a schema in a schema, such as that of a member.
   * @param at its JSON pointer
   * @param level how many schemas the outer one lies in
   */
  convertInner(schema: unknown, at: string, level: number): GrammarNode;
}
