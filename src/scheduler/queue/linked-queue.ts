/** One waiter's entry in a queue. Disposing it leaves the queue, and does nothing once the entry was left or served. */
export class QueueEntry<T> implements Disposable {
  readonly item: T;
  readonly rank: number;
  /** The position that the waiter was last told. SlotQueue sets it. */
  toldPosition = 0;
  /** The neighbours, which only LinkedQueue sets. */
  previous: QueueEntry<T> | undefined;
  next: QueueEntry<T> | undefined;
  /** The queue, which only LinkedQueue sets; undefined once the entry was left or served. */
  queue: LinkedQueue<T> | undefined;

  constructor(item: T, queue: LinkedQueue<T>, rank: number) {
    this.item = item;
    this.queue = queue;
    this.rank = rank;
  }

  [Symbol.dispose](): void {
    this.queue?.leave(this);
  }
}

/**
 * A queue in the order of ranks, and first come, first served within a rank. It is a doubly linked list: joining behind all others, leaving from any
 * position and serving the first are O(1).
 */
export class LinkedQueue<T> implements Iterable<QueueEntry<T>> {
  #first: QueueEntry<T> | undefined;
  #last: QueueEntry<T> | undefined;
  #size = 0;
  readonly #onLeave: (item: T) => void;

  /** @param onLeave called with the waiter after each entry that was left or served. */
  constructor(onLeave: (item: T) => void) {
    this.#onLeave = onLeave;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an entry behind those of its rank and of higher ranks. With one rank for all, its position is the new size. */
  join(item: T, rank = 0): QueueEntry<T> {
    const entry = new QueueEntry(item, this, rank);
    let before = this.#last;
    while (before !== undefined && before.rank < rank) before = before.previous;
    entry.previous = before;
    entry.next = before === undefined ? this.#first : before.next;
    if (entry.previous === undefined) this.#first = entry;
    else entry.previous.next = entry;
    if (entry.next === undefined) this.#last = entry;
    else entry.next.previous = entry;
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
    this.#onLeave(entry.item);
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
