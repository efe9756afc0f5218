import { type CodePointSet, differenceOf, intersectionOf } from "../regex/code-point-set.js";
import type { Language } from "../regex/language.js";
import { charOf, hashOf, type LanguageForm, writeLanguage } from "../regex/write-language.js";
import { choice, EMPTY, type GrammarNode, sequence, text } from "../rules/grammar-node.js";
import { type RuleBook, textChoice } from "../rules/rule-book.js";
import { charGrammar } from "./value-grammar.js";

/** The characters that stand in a string only as escapes: the quote, the backslash and control characters. */
const ESCAPED: CodePointSet = [
  [0, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x7f, 0x7f],
];

const JSON_FORM: LanguageForm = {
  name: "json",
  char: jsonCharOf,
  anything: (book) => book.repeat(charGrammar(book), 0, Infinity),
  end: text('"'),
};

/**
 * A JSON string whose value is in the language, with its quotes. A character is written as it is if JSON allows that, and otherwise as the shortest escape.
 * Where every further text is in the language, all escapes are free.
 * @throws GrammarProblem when the language is empty
 */
export function writeJsonString(book: RuleBook, language: Language): GrammarNode {
  return sequence(text('"'), writeLanguage(book, language, JSON_FORM));
}

function jsonCharOf(book: RuleBook, set: CodePointSet): GrammarNode {
  const escaped = intersectionOf(set, ESCAPED);
  const plain = differenceOf(set, ESCAPED);
  if (escaped.length === 0) return charOf(book, plain);
  const escapes = book.share(`escapes-${hashOf(escaped.join(" "))}`, () =>
    textChoice(
      book,
      escaped.flatMap(([first, last]) =>
        Array.from({ length: last - first + 1 }, (_, index) => [escapeOf(first + index), EMPTY] as const),
      ),
    ),
  );
  return plain.length === 0
    ? escapes
    : book.share(`json-chars-${hashOf(set.join(" "))}`, () => choice(charOf(book, plain), escapes));
}

/** JSON.stringify leaves U+007F as it is, which the grammar of a string does not. */
function escapeOf(codePoint: number): string {
  return codePoint === 0x7f ? "\\u007f" : JSON.stringify(String.fromCodePoint(codePoint)).slice(1, -1);
}
