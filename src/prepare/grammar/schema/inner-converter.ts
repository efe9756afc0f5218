import type { GrammarNode } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import type { SchemaReader } from "./flat-schema.js";

/** The converter of the schemas inside an object or an array. */
export interface InnerConverter {
  readonly book: RuleBook;
  readonly source: SchemaReader;
  /**
   * The grammar of a schema inside another, such as a member's.
   * @param at the JSON pointer of the inner schema
   * @param level the number of schemas around the outer schema
   * @throws NoValueProblem when no value is valid
   */
  convertInner(schema: unknown, at: string, level: number): GrammarNode;
}
