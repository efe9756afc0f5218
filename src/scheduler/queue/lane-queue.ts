import type { QueuePosition } from "../../core/generation-message.js";
import type { Lane } from "../../core/generation-request.js";

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

/**
 * Shares slots between flows (the lanes, or the kinds of callers within a lane) by weight, with start-time fair queuing. Each grant advances its flow's
 * tag by a stride that is inverse to the flow's weight, and the flow with the lowest tag is next. While several flows want slots, each gets its share
 * and none starves. A flow that was idle starts again at the tag of the latest grant, so that idle time neither earns nor costs it anything.
 */
export class FairShare<Flow extends string> {
  readonly #flows: readonly Flow[];
  readonly #weights: Readonly<Record<Flow, number>>;
  readonly #product: number;
  readonly #tags = new Map<Flow, number>();
  #latestTag = 0;

  /** @param weights each above 0; whole numbers keep the tags exact. At equal tags the flow that is named first goes first. */
  constructor(weights: Readonly<Record<Flow, number>>) {
    this.#flows = Object.keys(weights) as Flow[];
    this.#weights = weights;
    this.#product = this.#flows.reduce((product, flow) => product * weights[flow], 1);
  }

  /** The flow whose turn it is among those that want a slot; undefined if none does. */
  choose(wants: (flow: Flow) => boolean): Flow | undefined {
    let chosen: Flow | undefined;
    for (const flow of this.#flows) {
      if (wants(flow) && (chosen === undefined || this.#tagOf(flow) < this.#tagOf(chosen))) chosen = flow;
    }
    return chosen;
  }

  /** Notes that the flow got a slot. @param grants the number of grants for which the slot counts. */
  charge(flow: Flow, grants = 1): void {
    this.#latestTag = this.#tagOf(flow);
    this.#tags.set(flow, this.#latestTag + (grants * this.#product) / this.#weights[flow]);
  }

  /** A copy in the same state, on which the next turns can be tried out. */
  copy(): FairShare<Flow> {
    const twin = new FairShare(this.#weights);
    for (const [flow, tag] of this.#tags) twin.#tags.set(flow, tag);
    twin.#latestTag = this.#latestTag;
    return twin;
  }

  #tagOf(flow: Flow): number {
    return Math.max(this.#tags.get(flow) ?? 0, this.#latestTag);
  }
}
