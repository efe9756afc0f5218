import type { QueuePosition } from "../../core/generation-message.js";
import type { Newcomer } from "../forecast/run-work.js";
import { FairShare } from "./fair-share.js";
import { LinkedQueue, type QueueEntry } from "./linked-queue.js";

/** A run that waits for a slot, as the queues see it. */
export interface Waiter extends Newcomer {
  /** False for a run that had a slot and gave it up. */
  readonly isNew: boolean;
  /** True for a run that gave its slot up to another tenant. It stands before the new runs of its priority, because it came before them. */
  readonly hasYielded: boolean;
  /** The number of grants for which its turn counts among the lanes. */
  readonly grants: number;
  /** The work with which its tenant is charged when the run gets a slot. */
  readonly expectedWork: number;
  tellPosition(position: QueuePosition): void;
}

/** A tenant's claim to the next slot. */
export interface TenantTurn {
  /** The work that the tenant was given, divided by its weight. */
  readonly virtualWork: number;
  /** The number of the lane's latest grant to the tenant. */
  readonly lastGrant: number;
  /** The number of the tenant in the order in which the lane met them. */
  readonly tenantNumber: number;
}

/** Returns true if `turn` comes before `other`: less work for its weight, as much and the earlier latest grant, or else the lower number. */
export function isBefore(turn: TenantTurn, other: TenantTurn): boolean {
  if (turn.virtualWork !== other.virtualWork) return turn.virtualWork < other.virtualWork;
  if (turn.lastGrant !== other.lastGrant) return turn.lastGrant < other.lastGrant;
  return turn.tenantNumber < other.tenantNumber;
}

type Kind = "new" | "returning";

/**
 * One tenant's waiters in a lane. Runs that return after their reader was behind wait in a queue of their own, which takes turns with the other, so that
 * a hundred slow readers whose runs return do not stand before a new run, nor a hundred new runs before theirs.
 */
export class TenantFlow<T extends Waiter> implements TenantTurn {
  readonly tenant: string;
  readonly tenantNumber: number;
  virtualWork = 0;
  lastGrant = 0;
  /** The number of the tenant's runs that hold a slot. */
  running = 0;
  readonly #queues: Readonly<Record<Kind, LinkedQueue<T>>>;
  readonly #turns = new FairShare<Kind>({ new: 1, returning: 1 });
  #yielded = 0;

  /** @param onLeave called after each entry that was left or served. */
  constructor({ tenant, tenantNumber }: { tenant: string; tenantNumber: number }, onLeave: () => void) {
    this.tenant = tenant;
    this.tenantNumber = tenantNumber;
    this.#queues = {
      new: new LinkedQueue<T>((waiter) => {
        if (waiter.hasYielded) this.#yielded -= 1;
        onLeave();
      }),
      returning: new LinkedQueue<T>(onLeave),
    };
  }

  /** The number of runs that wait for their first slot. */
  get newRuns(): number {
    return this.#queues.new.size - this.#yielded;
  }

  /** The number of runs that wait to return. */
  get returning(): number {
    return this.#queues.returning.size;
  }

  /** The number of runs that gave their slots up to another tenant. */
  get yielded(): number {
    return this.#yielded;
  }

  /** @param newOnly true leaves out runs that return after their reader was behind. */
  canServe(newOnly: boolean): boolean {
    return this.#queues.new.size > 0 || (!newOnly && this.#queues.returning.size > 0);
  }

  join(waiter: T): QueueEntry<T> {
    if (!waiter.isNew && !waiter.hasYielded) return this.#queues.returning.join(waiter);
    if (waiter.hasYielded) this.#yielded += 1;
    return this.#queues.new.join(waiter, rankOf(waiter));
  }

  /** Takes the waiter whose turn it is out of its queue. @param newOnly true leaves out runs that return after their reader was behind. */
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

  /** The waiters in their order of service. With `newcomer`, undefined stands for a new run that joins now. */
  order(newcomer?: Pick<Newcomer, "priority">): (T | undefined)[] {
    const waiting = this.#newInOrder(newcomer);
    if (this.#queues.returning.size === 0) return waiting;
    const turns = this.#turns.copy();
    const lists: Record<Kind, readonly (T | undefined)[]> = {
      new: waiting,
      returning: itemsOf(this.#queues.returning),
    };
    const served = { new: 0, returning: 0 };
    const order: (T | undefined)[] = [];
    for (;;) {
      const kind = turns.choose((candidate) => served[candidate] < lists[candidate].length);
      if (kind === undefined) return order;
      const waiter = lists[kind][served[kind]];
      served[kind] += 1;
      turns.charge(kind, waiter?.grants);
      order.push(waiter);
    }
  }

  /** The entries of the runs that wait for their first slot or have yielded, first to last. The queue must not change during the iteration. */
  entries(): Iterable<QueueEntry<T>> {
    return this.#queues.new;
  }

  #newInOrder(newcomer: Pick<Newcomer, "priority"> | undefined): (T | undefined)[] {
    const order: (T | undefined)[] = [];
    let isPlaced = newcomer === undefined;
    for (const { item, rank } of this.#queues.new) {
      if (!isPlaced && newcomer !== undefined && rank < rankOf({ ...newcomer, hasYielded: false })) {
        order.push(undefined);
        isPlaced = true;
      }
      order.push(item);
    }
    if (!isPlaced) order.push(undefined);
    return order;
  }
}

function rankOf({ priority, hasYielded }: Pick<Waiter, "priority" | "hasYielded">): number {
  return 2 * priority + (hasYielded ? 1 : 0);
}

function itemsOf<T>(queue: LinkedQueue<T>): T[] {
  return Array.from(queue, (entry) => entry.item);
}
