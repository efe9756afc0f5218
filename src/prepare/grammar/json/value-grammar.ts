import { choice, type GrammarNode, optional, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { anyNumber } from "./number-grammar.js";
import { stringGrammar } from "./string-grammar.js";

/** White space is at most one blank after a comma or a colon, as models like to write. */
export const BLANK: GrammarNode = optional(text(" "));
export const COMMA: GrammarNode = sequence(text(","), BLANK);
export const COLON: GrammarNode = sequence(text(":"), BLANK);

/** Any JSON value. */
export function anyValue(book: RuleBook): GrammarNode {
  return book.share("value", () =>
    choice(anyObject(book), anyArray(book), anyString(book), anyNumber(book), booleanGrammar(), text("null")),
  );
}

/** An object with any members. The grammar does not keep the model from writing a key twice. */
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

/** An object with free keys, whose values all have the same grammar. */
export function mapGrammar(book: RuleBook, value: GrammarNode, count: { min: number; max: number }): GrammarNode {
  const member = sequence(anyString(book), COLON, value);
  return sequence(text("{"), book.list(member, COMMA, count), text("}"));
}

export function arrayGrammar(book: RuleBook, item: GrammarNode, count: { min: number; max: number }): GrammarNode {
  return sequence(text("["), book.list(item, COMMA, count), text("]"));
}
