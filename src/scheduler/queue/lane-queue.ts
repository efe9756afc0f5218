import type { QueuePosition } from "../../core/generation-message.js";
import type { Lane } from "../../core/generation-request.js";
import { FairShare } from "./fair-share.js";

/** A run that waits for a slot, as the queues see it. */
export interface Waiter {
  readonly lane: Lane;
  /** False for a run that had a slot and gave it up. */
  readonly isNew: boolean;
  /** The number of grants for which its turn counts. */
  readonly grants: number;
  tellPosition(position: QueuePosition): void;
}

type Kind = "new" | "returning";

/**
 * One lane's waiters. New and returning runs wait in two queues that take turns, so that a hundred slow readers whose runs return do not stand before
 * a new run, nor a hundred new runs before theirs.
 */
export class LaneQueue<T extends Waiter> {
  readonly #queues: Readonly<Record<Kind, LinkedQueue<T>>>;
  readonly #turns = new FairShare<Kind>({ new: 1, returning: 1 });

  /** @param onLeave called after each entry that was left or served. */
  constructor(onLeave: () => void) {
    this.#queues = { new: new LinkedQueue(onLeave), returning: new LinkedQueue(onLeave) };
  }

  get returning(): number {
    return this.#queues.returning.size;
  }

  /** The new runs, first to last, which are told their positions. The queue must not change during the iteration. */
  get newRuns(): Iterable<QueueEntry<T>> & { readonly size: number } {
    return this.#queues.new;
  }

  join(waiter: T): QueueEntry<T> {
    return this.#queues[waiter.isNew ? "new" : "returning"].join(waiter);
  }

  /** @param newOnly true leaves out returning runs. */
  canServe(newOnly: boolean): boolean {
    return this.#queues.new.size > 0 || (!newOnly && this.#queues.returning.size > 0);
  }

  /** Takes the waiter whose turn it is out of its queue. @param newOnly true leaves out returning runs. */
  serve(newOnly: boolean): T | undefined {
    const kind = this.#turns.choose(
      (candidate) => this.#queues[candidate].size > 0 && !(newOnly && candidate === "returning"),
    );
    if (kind === undefined) return undefined;
    const waiter = this.#queues[kind].serve();
    this.#turns.charge(kind, waiter?.grants);
    return waiter;
  }

  /** Counts a slot that a new run got without waiting. */
  charge(): void {
    this.#turns.charge("new");
  }

  /** The order of service if nobody joins or leaves. @param withNewcomer true adds undefined for a new run that joins now. */
  order(withNewcomer: boolean): (T | undefined)[] {
    const turns = this.#turns.copy();
    const waiting: Record<Kind, (T | undefined)[]> = {
      new: Array.from(this.#queues.new, (entry) => entry.item),
      returning: Array.from(this.#queues.returning, (entry) => entry.item),
    };
    if (withNewcomer) waiting.new.push(undefined);
    const served = { new: 0, returning: 0 };
    const order: (T | undefined)[] = [];
    for (;;) {
      const kind = turns.choose((candidate) => served[candidate] < waiting[candidate].length);
      if (kind === undefined) return order;
      const waiter = waiting[kind][served[kind]];
      served[kind] += 1;
      turns.charge(kind, waiter?.grants);
      order.push(waiter);
    }
  }
}

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
