import { isBlank, JsonCheck } from "./json-check.js";
import type { MarkTrie } from "./mark-trie.js";
import { END, type Parser, type TextCursor } from "./text-cursor.js";

/** Reads the elements of calls, and skips the blanks before each. It settles nothing, and reads END once `maxHeld` units are held. */
export class TokenReader {
  readonly #cursor: TextCursor;
  readonly #maxHeld: number;

  /** @param maxHeld in UTF-16 units */
  constructor(cursor: TextCursor, maxHeld: number) {
    this.#cursor = cursor;
    this.#maxHeld = maxHeld;
  }

  /** @returns the next unit that is no blank, or END */
  *next(): Parser<number> {
    for (;;) {
      if (this.#cursor.isDry) yield;
      const unit = this.#unit;
      if (!isBlank(unit)) return unit;
      this.#cursor.advance();
    }
  }

  /** @returns whether the mark is there; an empty mark always is */
  *mark(mark: string): Parser<boolean> {
    const text = mark.trim();
    if (text === "") return true;
    yield* this.next();
    for (let at = 0; at < text.length; at++) {
      if (this.#cursor.isDry) yield;
      if (this.#unit !== text.charCodeAt(at)) return false;
      this.#cursor.advance();
    }
    return true;
  }

  /** Reads the longest of several marks. @returns no meanings if there is none */
  *oneOf<T>(marks: MarkTrie<T>): Parser<readonly T[]> {
    yield* this.next();
    return yield* marks.read(this.#cursor);
  }

  /** Reads letters, digits, `_` and `-`. */
  *word(): Parser<string> {
    yield* this.next();
    let word = "";
    for (;;) {
      if (this.#cursor.isDry) yield;
      const letter = this.#unit === END ? "" : String.fromCharCode(this.#unit);
      if (!/^[\w-]$/.test(letter)) return word;
      word += letter;
      this.#cursor.advance();
    }
  }

  /** Reads a JSON string. @returns its text, or undefined if there is none */
  *string(): Parser<string | undefined> {
    if ((yield* this.next()) !== 0x22) return undefined;
    const start = this.#cursor.held;
    if (!(yield* this.value())) return undefined;
    const text: unknown = JSON.parse(this.#cursor.heldFrom(start));
    return typeof text === "string" ? text : undefined;
  }

  /** Reads any JSON value. @returns whether there is one */
  *value(): Parser<boolean> {
    yield* this.next();
    const check = new JsonCheck();
    for (;;) {
      if (this.#cursor.isDry) yield;
      const progress = check.advance(this.#unit);
      if (progress === "before") return true;
      if (progress === "wrong") return false;
      this.#cursor.advance();
      if (progress === "end") return true;
    }
  }

  get #unit(): number {
    return this.#cursor.held >= this.#maxHeld ? END : this.#cursor.unit;
  }
}
