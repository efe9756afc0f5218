import { choice, type GrammarNode, noneOf, oneOf, optional, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { anyNumber } from "./number-grammar.js";

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

export function anyArray(book: RuleBook): GrammarNode {
  return book.share("array", () => arrayGrammar(book, anyValue(book), { min: 0, max: Infinity }));
}

export function anyString(book: RuleBook): GrammarNode {
  return stringGrammar(book, { min: 0, max: Infinity });
}

export function booleanGrammar(): GrammarNode {
  return choice(text("true"), text("false"));
}

/** An object with free keys, whose values all have the same grammar. */
function mapGrammar(book: RuleBook, value: GrammarNode, count: { min: number; max: number }): GrammarNode {
  const member = sequence(anyString(book), COLON, value);
  return sequence(text("{"), book.list(member, COMMA, count), text("}"));
}

export function arrayGrammar(book: RuleBook, item: GrammarNode, count: { min: number; max: number }): GrammarNode {
  return sequence(text("["), book.list(item, COMMA, count), text("]"));
}

/** A longer string is bounded in blocks, which takes fewer rules than one for each character. */
const MAX_SINGLE_CHARS = 512;
const BLOCK_CHARS = 256;

/**
 * A JSON string of `min` to `max` characters. Its escapes leave surrogates out: half a pair is not Unicode, and a whole pair would be one character for a
 * validator and two here.
 */
export function stringGrammar(book: RuleBook, { min, max }: { min: number; max: number }): GrammarNode {
  const char = charGrammar(book);
  const name = min === 0 && max === Infinity ? "string" : `string-${min}-${max === Infinity ? "" : max}`;
  return book.share(name, () => sequence(text('"'), charsGrammar(book, char, { min, max }), text('"')));
}

/** One character of a string, in any way that JSON writes it, apart from surrogates. */
export function charGrammar(book: RuleBook): GrammarNode {
  const hex = oneOf("0-9a-fA-F");
  const unicode = choice(
    sequence(oneOf("0-9a-cA-CefEF"), book.repeat(hex, 3, 3)),
    sequence(oneOf("dD"), oneOf("0-7"), book.repeat(hex, 2, 2)),
  );
  const escape = choice(oneOf('"\\/bfnrt'), sequence(text("u"), unicode));
  return book.share("char", () => choice(noneOf('"\\\u0000-\u001f\u007f'), sequence(text("\\"), escape)));
}

function charsGrammar(book: RuleBook, char: GrammarNode, { min, max }: { min: number; max: number }): GrammarNode {
  const least = exactly(book, char, min);
  const more = max - min;
  if (more === Infinity || more <= MAX_SINGLE_CHARS) {
    return sequence(least, more === Infinity ? book.repeat(char, 0, Infinity) : upTo(book, char, more));
  }
  // Each rule is either a whole block and what may follow it, or the last characters, which are fewer than a block.
  const block = book.share("chars-block", () => book.repeat(char, BLOCK_CHARS, BLOCK_CHARS));
  const last = book.share("chars-last", () => upTo(book, char, BLOCK_CHARS - 1));
  let rest = upTo(book, char, more % BLOCK_CHARS);
  for (let blocks = Math.floor(more / BLOCK_CHARS); blocks > 0; blocks -= 1) {
    rest = book.add("chars", choice(sequence(block, rest), last));
  }
  return sequence(least, rest);
}

function exactly(book: RuleBook, char: GrammarNode, count: number): GrammarNode {
  if (count <= MAX_SINGLE_CHARS) return book.repeat(char, count, count);
  const block = book.share("chars-block", () => book.repeat(char, BLOCK_CHARS, BLOCK_CHARS));
  const blocks = Math.floor(count / BLOCK_CHARS);
  return sequence(book.repeat(block, blocks, blocks), book.repeat(char, count % BLOCK_CHARS, count % BLOCK_CHARS));
}

function upTo(book: RuleBook, char: GrammarNode, most: number): GrammarNode {
  return book.repeat(char, 0, most);
}
