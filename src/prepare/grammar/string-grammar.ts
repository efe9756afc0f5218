import { choice, type GrammarNode, noneOf, oneOf, sequence, text } from "./grammar-node.js";
import type { RuleBook } from "./rule-book.js";

/** Beyond so many characters of a string its length is held by blocks, which takes fewer rules than one for each character. */
const MOST_SINGLE = 512;
const BLOCK = 256;

/**
 * A string of JSON of so many characters. Its escapes leave surrogates out: halves of pairs are no Unicode, and a pair would be one character for a
 * validator and two here.
 */
export function stringGrammar(book: RuleBook, { min, max }: { min: number; max: number }): GrammarNode {
  const char = charGrammar(book);
  const name = min === 0 && max === Infinity ? "string" : `string-${min}-${max === Infinity ? "" : max}`;
  return book.share(name, () => sequence(text('"'), charsGrammar(book, char, { min, max }), text('"')));
}

/** What a free key is: any string. */
function charGrammar(book: RuleBook): GrammarNode {
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
  if (more === Infinity || more <= MOST_SINGLE) {
    return sequence(least, more === Infinity ? book.repeat(char, 0, Infinity) : upTo(book, char, more));
  }
  // Either a whole block and what may come after it, or the last characters, which are less than a block.
  const block = book.share("chars-block", () => book.repeat(char, BLOCK, BLOCK));
  const last = book.share("chars-last", () => upTo(book, char, BLOCK - 1));
  let rest = upTo(book, char, more % BLOCK);
  for (let blocks = Math.floor(more / BLOCK); blocks > 0; blocks -= 1) {
    rest = book.add("chars", choice(sequence(block, rest), last));
  }
  return sequence(least, rest);
}

function exactly(book: RuleBook, char: GrammarNode, count: number): GrammarNode {
  if (count <= MOST_SINGLE) return book.repeat(char, count, count);
  const block = book.share("chars-block", () => book.repeat(char, BLOCK, BLOCK));
  const blocks = Math.floor(count / BLOCK);
  return sequence(book.repeat(block, blocks, blocks), book.repeat(char, count % BLOCK, count % BLOCK));
}

function upTo(book: RuleBook, char: GrammarNode, most: number): GrammarNode {
  return book.repeat(char, 0, most);
}
