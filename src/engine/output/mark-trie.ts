import type { Parser, TextCursor } from "./text-cursor.js";

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
