/** One waiter's entry in a queue. Disposing it leaves the queue, and does nothing once the entry was left or served. */
export class QueueEntry<T> implements Disposable {
  readonly item: T;
  /** The position that the waiter was last told. SlotQueue sets it. */
  toldPosition = 0;
  /** The neighbours, which only LinkedQueue sets. */
  previous: QueueEntry<T> | undefined;
  next: QueueEntry<T> | undefined;
  /** The queue, which only LinkedQueue sets; undefined once the entry was left or served. */
  queue: LinkedQueue<T> | undefined;

  constructor(item: T, queue: LinkedQueue<T>) {
    this.item = item;
    this.queue = queue;
  }

  [Symbol.dispose](): void {
    this.queue?.leave(this);
  }
}

/** A first-come-first-served queue. It is a doubly linked list: joining, leaving from any position and serving the first are O(1). */
export class LinkedQueue<T> implements Iterable<QueueEntry<T>> {
  #first: QueueEntry<T> | undefined;
  #last: QueueEntry<T> | undefined;
  #size = 0;
  readonly #onLeave: () => void;

  /** @param onLeave called after each entry that was left or served. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  get size(): number {
    return this.#size;
  }

  /** The position of the new entry is the new size. */
  join(item: T): QueueEntry<T> {
    const entry = new QueueEntry(item, this);
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#size += 1;
    return entry;
  }

  leave(entry: QueueEntry<T>): void {
    if (entry.queue !== this) return;
    if (entry.previous === undefined) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
    entry.queue = undefined;
    this.#size -= 1;
    this.#onLeave();
  }

  /** Takes the first waiter out of the queue. */
  serve(): T | undefined {
    const entry = this.#first;
    if (entry !== undefined) this.leave(entry);
    return entry?.item;
  }

  /** From first to last. The queue must not change during the iteration. */
  *[Symbol.iterator](): IterableIterator<QueueEntry<T>> {
    for (let entry = this.#first; entry !== undefined; entry = entry.next) yield entry;
  }
}
