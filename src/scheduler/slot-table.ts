import type { Clock } from "../sync/clock.js";
import type { SlotDemand } from "./slot-demand.js";

/** Which run holds which slot. A run id is never used again, so releasing a slot twice cannot free another run's slot. */
export class SlotTable<T> {
  readonly total: number;
  readonly #held = new Map<number, T>();
  #lastRunId = 0;

  /** @param total at least 1. */
  constructor(total: number) {
    this.total = total;
  }

  get busy(): number {
    return this.#held.size;
  }

  get free(): number {
    return this.total - this.#held.size;
  }

  get hasFree(): boolean {
    return this.free > 0;
  }

  /**
   * Takes a free slot for `holder` and returns the run id under which it is held.
   * @param runId the id of a run that had given its slot up; default: a new id.
   * @throws Error if no slot is free.
   */
  take(holder: T, runId = this.#lastRunId + 1): number {
    if (!this.hasFree) throw new Error(`all ${this.total} slots are held`);
    this.#lastRunId = Math.max(this.#lastRunId, runId);
    this.#held.set(runId, holder);
    return runId;
  }

  holderOf(runId: number): T | undefined {
    return this.#held.get(runId);
  }

  /** Does nothing if the run holds no slot. */
  release(runId: number): void {
    this.#held.delete(runId);
  }

  /** Frees all slots, because the engine is gone. */
  clear(): void {
    this.#held.clear();
  }

  /** The run ids and holders, in the order in which they took their slots. */
  entries(): IterableIterator<[number, T]> {
    return this.#held.entries();
  }

  /** The holders, in the order in which they took their slots. */
  holders(): T[] {
    return [...this.#held.values()];
  }
}

/** The least time for which a run is parked before it is preempted. The reader of a shorter park may only have been scheduled late, and its run would return at once. */
const LEAST_PARKED_MS = 100;

/** The holder of a slot, as the preemptor sees it. */
export interface Preemptable {
  /** How long the run has stood still for its reader; undefined if it does not, or if it is about to end anyway. */
  parkedMs(): number | undefined;
  /** True if the reader was behind before. Such a run is given no time. */
  readonly wasPreempted: boolean;
  readonly identity: { readonly tenant: string };
}

export interface PreemptorOptions {
  readonly slots: SlotTable<Preemptable>;
  /** The slots that are wanted beyond the free ones. */
  readonly wanted: () => SlotDemand;
  /** The number of further runs that may be preempted. */
  readonly capacity: () => number;
  readonly clock: Clock;
  /** Orders the engine to preempt the run. `gone` tells when it is done. */
  readonly preempt: (runId: number) => void;
}

/**
 * Preempts runs whose readers are behind while other runs wait: one for each waiter, the longest parked first, and none that was parked only just now. It
 * lives on the main thread.
 */
export class Preemptor implements Disposable {
  readonly #options: PreemptorOptions;
  /** The runs that the engine was ordered to preempt and that still hold their slots, with their tenants. */
  readonly #leaving = new Map<number, string>();
  #timer: Disposable | undefined;

  constructor(options: PreemptorOptions) {
    this.#options = options;
  }

  /** Preempts what is needed. Call it whenever something has changed and a run may wait. */
  makeRoom(): void {
    this[Symbol.dispose]();
    const { wanted, capacity, clock, preempt } = this.#options;
    const demand = wanted();
    const own = new Map(demand.own);
    let { any } = demand;
    const count = (tenant: string): void => {
      const ofTenant = own.get(tenant) ?? 0;
      if (ofTenant > 0) own.set(tenant, ofTenant - 1);
      else any -= 1;
    };
    for (const tenant of this.#leaving.values()) count(tenant);
    for (const { runId, tenant, readyInMs } of this.#candidates()) {
      if (this.#leaving.size >= capacity()) return;
      if (any <= 0 && (own.get(tenant) ?? 0) === 0) continue;
      if (readyInMs > 0) {
        this.#timer = clock.startTimer(readyInMs, () => this.makeRoom());
        return;
      }
      this.#leaving.set(runId, tenant);
      count(tenant);
      preempt(runId);
    }
  }

  /** Notes that the run has given its slot up, for whatever reason. */
  gone(runId: number): void {
    this.#leaving.delete(runId);
  }

  /** Forgets every order, because the engine is gone. */
  clear(): void {
    this.#leaving.clear();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** The parked runs, ordered by when they may be preempted. */
  #candidates(): { runId: number; tenant: string; readyInMs: number }[] {
    const candidates: { runId: number; tenant: string; readyInMs: number }[] = [];
    for (const [runId, holder] of this.#options.slots.entries()) {
      const parkedMs = this.#leaving.has(runId) ? undefined : holder.parkedMs();
      if (parkedMs === undefined) continue;
      const { tenant } = holder.identity;
      candidates.push({ runId, tenant, readyInMs: (holder.wasPreempted ? 0 : LEAST_PARKED_MS) - parkedMs });
    }
    return candidates.sort((a, b) => a.readyInMs - b.readyInMs);
  }
}
