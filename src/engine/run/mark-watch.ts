/** A position in one of the marks. */
interface MarkNode {
  readonly next: Map<number, MarkNode>;
  /** The mark that ends here. */
  mark: Uint8Array | undefined;
}

/** Looks for marks in the bytes of an output, however tokens split them. Each byte costs one step for each mark that it may be in. */
export class MarkWatch {
  readonly #root: MarkNode;
  /** The marks that the output so far may end in, the longest text first. */
  #open: readonly MarkNode[] = [];

  /** @param marks an empty mark is nowhere */
  constructor(marks: readonly string[] | MarkNode) {
    this.#root = "next" in marks ? marks : trieOf(marks);
  }

  /** @returns the mark that these bytes complete, and all bytes after it; the first mark that is complete, and the longest of those that end there */
  push(bytes: Uint8Array): Uint8Array | undefined {
    for (const [index, byte] of bytes.entries()) {
      this.#open = [...this.#open, this.#root].flatMap((node) => node.next.get(byte) ?? []);
      const mark = this.#open.find((node) => node.mark !== undefined)?.mark;
      if (mark === undefined) continue;
      this.#open = [];
      return Buffer.concat([mark, bytes.subarray(index + 1)]);
    }
    return undefined;
  }

  /** Forgets the output so far. */
  reset(): void {
    this.#open = [];
  }

  copy(): MarkWatch {
    const copy = new MarkWatch(this.#root);
    copy.#open = this.#open;
    return copy;
  }
}

function trieOf(marks: readonly string[]): MarkNode {
  const root: MarkNode = { next: new Map(), mark: undefined };
  for (const text of marks) {
    const mark = Buffer.from(text);
    let node = root;
    for (const byte of mark) {
      const next: MarkNode = node.next.get(byte) ?? { next: new Map(), mark: undefined };
      node.next.set(byte, next);
      node = next;
    }
    if (node !== root) node.mark = mark;
  }
  return root;
}
