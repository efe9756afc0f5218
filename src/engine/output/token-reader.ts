import { isBlank, JsonCheck } from "./json-check.js";
import { END, type Parser, type TextCursor } from "./text-cursor.js";

/** Reads the elements of calls, and skips the blanks before each. It settles nothing, and reads END once `maxHeld` units are held. */
export class TokenReader {
  readonly #cursor: TextCursor;
  /** In UTF-16 units. */
  readonly maxHeld: number;

  /** @param maxHeld in UTF-16 units */
  constructor(cursor: TextCursor, maxHeld: number) {
    this.#cursor = cursor;
    this.maxHeld = maxHeld;
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
    return this.#cursor.held >= this.maxHeld ? END : this.#cursor.unit;
  }
}

/** Marks, each with one or more meanings. */
export class MarkTrie<T> {
  readonly #root = new TrieNode<T>();

  /** Adds a mark without the blanks at its ends. An empty mark is not added. */
  add(mark: string, meaning: T): this {
    const text = mark.trim();
    let node = this.#root;
    for (let at = 0; at < text.length; at++) node = node.reach(text.charCodeAt(at));
    if (text !== "") node.meanings.push(meaning);
    return this;
  }

  /** Whether a mark begins with this unit. */
  beginsWith(unit: number): boolean {
    return this.#root.next.has(unit);
  }

  /** Reads the longest mark that begins here. @returns no meanings if there is none; the cursor does not move then */
  *read(cursor: TextCursor): Parser<readonly T[]> {
    let node: TrieNode<T> | undefined = this.#root;
    let length = cursor.held;
    let meanings: readonly T[] = [];
    while (node.next.size > 0) {
      if (cursor.isDry) yield;
      node = node.next.get(cursor.unit);
      if (node === undefined) break;
      cursor.advance();
      if (node.meanings.length === 0) continue;
      meanings = node.meanings;
      length = cursor.held;
    }
    cursor.rewind(length);
    return meanings;
  }
}

class TrieNode<T> {
  readonly next = new Map<number, TrieNode<T>>();
  readonly meanings: T[] = [];

  reach(unit: number): TrieNode<T> {
    const next = this.next.get(unit) ?? new TrieNode<T>();
    this.next.set(unit, next);
    return next;
  }
}
