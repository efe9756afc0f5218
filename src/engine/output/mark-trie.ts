import type { Parser, TextCursor } from "./text-cursor.js";

/** Marks, and what each of them means; one mark may mean several things. */
export class MarkTrie<T> {
  readonly #root = new TrieNode<T>();

  /** An empty mark is none. Blanks at either end are left out. */
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

  /** Reads the longest mark that begins here. None: stays where it is. */
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
