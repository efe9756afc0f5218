import { GrammarProblem } from "../rules/grammar-node.js";

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["t", "\t"],
  ["r", "\r"],
  ["n", "\n"],
  ...Array.from('\\"[]-', (char) => [char, char] as const),
]);
const HEX_DIGITS: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

/** A position in a GBNF text. It reads the tokens of that language as llama.cpp does. */
export class GbnfCursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The next character, or the empty text at the end. */
  get next(): string {
    return this.#text[this.#at] ?? "";
  }

  /** Takes the expected text if it comes next. */
  take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  skipBlanks(newlinesToo: boolean): void {
    const blanks = newlinesToo ? /(?:[ \t\r\n]|#[^\r\n]*)*/y : /(?:[ \t]|#[^\r\n]*)*/y;
    this.#match(blanks);
  }

  /** Takes a rule's name if one comes next. */
  takeName(): string | undefined {
    return this.#match(/[A-Za-z0-9-]+/y);
  }

  takeNumber(): number | undefined {
    const digits = this.#match(/[0-9]+/y);
    return digits === undefined ? undefined : Number(digits);
  }

  /** Takes one character of a literal or a class, escaped or not, and returns its code point. */
  takeChar(): number {
    if (!this.take("\\")) {
      const codePoint = this.#text.codePointAt(this.#at);
      if (codePoint === undefined) throw this.problem("ends inside a literal or a character class");
      this.#at += codePoint > 0xffff ? 2 : 1;
      return codePoint;
    }
    const kind = this.next;
    this.#at += 1;
    const plain = ESCAPES.get(kind);
    if (plain !== undefined) return plain.charCodeAt(0);
    const digits = HEX_DIGITS.get(kind);
    if (digits === undefined) throw this.problem("has an unknown escape");
    const hex = this.#text.slice(this.#at, this.#at + digits);
    if (hex.length < digits || !/^[0-9A-Fa-f]*$/.test(hex))
      throw this.problem(`has an escape with fewer than ${digits} hex digits`);
    this.#at += digits;
    const codePoint = parseInt(hex, 16);
    if (codePoint > 0x10ffff) throw this.problem("has an escape above U+10FFFF, the last code point");
    return codePoint;
  }

  /** A problem at the current line and column. */
  problem(what: string): GrammarProblem {
    const before = this.#text.slice(0, this.#at).split(/\r\n|\r|\n/);
    return new GrammarProblem(`${what} (line ${before.length}, column ${(before.at(-1) ?? "").length + 1})`);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined || found === "") return undefined;
    this.#at += found.length;
    return found;
  }
}
