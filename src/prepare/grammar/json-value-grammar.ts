import { choice, type GrammarNode, optional, sequence, text } from "./grammar-node.js";
import { anyNumber } from "./number-grammar.js";
import type { RuleBook } from "./rule-book.js";
import { stringGrammar } from "./string-grammar.js";

/** At most one blank comes after a comma or a colon, as models like to write; none anywhere else. */
export const BLANK: GrammarNode = optional(text(" "));
export const COMMA: GrammarNode = sequence(text(","), BLANK);
export const COLON: GrammarNode = sequence(text(":"), BLANK);

/** Any JSON. */
export function anyValue(book: RuleBook): GrammarNode {
  return book.share("value", () =>
    choice(anyObject(book), anyArray(book), anyString(book), anyNumber(book), booleanGrammar(), text("null")),
  );
}

/** An object with whatever members. Nothing keeps the model from writing a key twice. */
export function anyObject(book: RuleBook): GrammarNode {
  return book.share("object", () => mapGrammar(book, anyValue(book), { min: 0, max: Infinity }));
}

function anyArray(book: RuleBook): GrammarNode {
  return book.share("array", () => arrayGrammar(book, anyValue(book), { min: 0, max: Infinity }));
}

function anyString(book: RuleBook): GrammarNode {
  return stringGrammar(book, { min: 0, max: Infinity });
}

export function booleanGrammar(): GrammarNode {
  return choice(text("true"), text("false"));
}

/** An object of free keys whose values are all alike. */
export function mapGrammar(book: RuleBook, value: GrammarNode, count: { min: number; max: number }): GrammarNode {
  const member = sequence(anyString(book), COLON, value);
  return sequence(text("{"), book.list(member, COMMA, count), text("}"));
}

export function arrayGrammar(book: RuleBook, item: GrammarNode, count: { min: number; max: number }): GrammarNode {
  return sequence(text("["), book.list(item, COMMA, count), text("]"));
}
