import type { Lane } from "../../core/generation-request.js";
import type { QueuePosition } from "../../core/generation-message.js";
import { FairShare } from "./fair-share.js";
import { LinkedQueue, type QueueEntry } from "./linked-queue.js";

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
