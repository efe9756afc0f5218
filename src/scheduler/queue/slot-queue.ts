import { type Lane, LANES } from "../../core/generation-request.js";
import type { Clock } from "../../sync/clock.js";
import type { ExpectedRun, Newcomer, WaitRange } from "../forecast/run-work.js";
import type { TenantPolicies } from "../../core/tenant-policy.js";
import { FairShare } from "./fair-share.js";
import { LaneQueue } from "./lane-queue.js";
import type { QueueEntry } from "./linked-queue.js";
import type { Waiter } from "./tenant-flow.js";
import { WorkLedger } from "./work-ledger.js";

/** Changed positions are told together, at most this often. Leaving therefore stays O(1) however long the queue is. */
const TELL_INTERVAL_MS = 200;
/** In a longer queue, the position of a newcomer is estimated. */
const LONG_QUEUE = 64;
/** The most changed positions that are told together. Each costs a message, and ten thousand of them would hold up the running generations. */
const MOST_TOLD = 128;

export interface SlotQueueOptions<T> {
  readonly weights: Readonly<Record<Lane, number>>;
  readonly policies: TenantPolicies;
  /** Returns whether the tenant may have one more run that holds a slot. */
  readonly mayRun: (tenant: string) => boolean;
  /** The most new runs in each lane's queue. */
  readonly capacity: number;
  /** Returns the wait of each run, for all waiting runs in the order of service. */
  readonly forecast: (order: readonly T[]) => readonly WaitRange[];
  readonly clock: Clock;
}

/**
 * The queue for slots: the lanes' queues, and whose turn it is. The lanes take turns by their weights, the tenants of a lane by theirs. Each new run is
 * told its position in its lane's order of service when it joins and after it has moved up.
 */
export class SlotQueue<T extends Waiter> implements Disposable {
  readonly capacity: number;
  /** The work of the runs that hold a slot, which is charged to their tenants. */
  readonly ledger: WorkLedger;
  readonly #fairShare: FairShare<Lane>;
  readonly #forecast: (order: readonly T[]) => readonly WaitRange[];
  readonly #mayRun: (tenant: string) => boolean;
  readonly #clock: Clock;
  readonly #lanes: Readonly<Record<Lane, LaneQueue<T>>>;
  #tellTimer: Disposable | undefined;
  /** True if the order may have changed since the positions were last compared. */
  #hasMoved = false;
  /** The changed positions that were found then and are not told yet. */
  #untold: MovedEntry<T>[] = [];

  constructor(options: SlotQueueOptions<T>) {
    this.capacity = options.capacity;
    this.#fairShare = new FairShare(options.weights);
    this.#forecast = options.forecast;
    this.#mayRun = options.mayRun;
    this.#clock = options.clock;
    const onLeave = (): void => {
      this.#hasMoved = true;
      this.#tellSoon();
    };
    const lane = { policies: options.policies, onLeave };
    this.#lanes = { interactive: new LaneQueue(lane), batch: new LaneQueue(lane) };
    this.ledger = new WorkLedger(this.#lanes);
  }

  /** The number of new runs that wait in the lane. */
  waiting(lane: Lane): number {
    return this.#lanes[lane].newRuns;
  }

  /** The number of tenants whose turns the lane remembers. */
  remembered(lane: Lane): number {
    return this.#lanes[lane].remembered;
  }

  /** The number of new runs of the tenant that wait in the lane. */
  waitingOf(tenant: string, lane: Lane): number {
    return this.#lanes[lane].newRunsOf(tenant);
  }

  /** The number of runs that wait to return after their reader was behind. */
  get returning(): number {
    return LANES.reduce((sum, lane) => sum + this.#lanes[lane].returning, 0);
  }

  /** The number of runs of the tenant that wait to return after their reader was behind. */
  returningOf(tenant: string): number {
    return LANES.reduce((sum, lane) => sum + this.#lanes[lane].returningOf(tenant), 0);
  }

  /** The number of runs of the tenant that wait because they gave their slots up to another one. */
  yieldedOf(tenant: string): number {
    return LANES.reduce((sum, lane) => sum + this.#lanes[lane].yieldedOf(tenant), 0);
  }

  /** The tenants that have runs in the queue. */
  tenants(): Set<string> {
    return new Set(LANES.flatMap((lane) => [...this.#lanes[lane].tenants()]));
  }

  /** Disposing the returned entry leaves the queue. The caller has checked the capacity, and knows the wait to expect. */
  join(waiter: T, wait: WaitRange): Disposable {
    const lane = this.#lanes[waiter.lane];
    const position = waiter.isNew ? this.position(waiter) : undefined;
    const entry = lane.join(waiter);
    if (position === undefined) return entry;
    tell(entry, position, wait);
    // Those of other tenants stay in front or move back, and are told later.
    if (position <= lane.newRuns - 1) this.#movedBack();
    return entry;
  }

  /** The position that a newcomer would get in its lane's order of service, from 1. In a long queue it is an estimate. */
  position(newcomer: ExpectedRun): number {
    const lane = this.#lanes[newcomer.lane];
    if (newcomer.tenant === undefined) return lane.newRuns + 1;
    if (lane.newRuns >= LONG_QUEUE) return lane.estimatedPosition(newcomer.tenant);
    let position = 1;
    for (const waiter of lane.order(newcomer)) {
      if (waiter === undefined) break;
      if (waiter.isNew) position += 1;
    }
    return position;
  }

  /**
   * Takes the waiter whose turn it is out of its queue, and charges its lane. Its tenant is charged once the ledger has it.
   * @param options.newOnly true leaves out runs that return after their reader was behind.
   */
  serve({ newOnly = false } = {}): T | undefined {
    const lane = this.#nextLane(newOnly);
    if (lane === undefined) return undefined;
    const waiter = this.#lanes[lane].serve(this.#mayRun, newOnly);
    this.#fairShare.charge(lane, waiter?.grants);
    return waiter;
  }

  /** The lane and the tenant that get the next slot, leaving out runs that return after their reader was behind; undefined if nobody else waits. */
  next(): { readonly lane: Lane; readonly tenant: string } | undefined {
    const lane = this.#nextLane(true);
    const tenant = lane && this.#lanes[lane].nextTenant(this.#mayRun, true);
    return lane === undefined || tenant === undefined ? undefined : { lane, tenant };
  }

  /** The work that the lane has given to a tenant beyond what it has given to another one, each divided by its weight. */
  leadOf(lane: Lane, tenant: string, other: string): number {
    return this.#lanes[lane].leadOf(tenant, other);
  }

  /** Counts a slot that was given without waiting. */
  pass({ lane, tenant }: Newcomer): void {
    this.#fairShare.charge(lane);
    this.#lanes[lane].pass(tenant);
  }

  /** The order of service if nobody joins or leaves. With `newcomer`, undefined stands for a new run that joins now. */
  order(): T[];
  order(newcomer: ExpectedRun): (T | undefined)[];
  order(newcomer?: ExpectedRun): (T | undefined)[] {
    const turns = this.#fairShare.copy();
    const orderOf = (lane: Lane): (T | undefined)[] =>
      this.#lanes[lane].order(newcomer?.lane === lane ? newcomer : undefined);
    const waiting: Record<Lane, (T | undefined)[]> = { interactive: orderOf("interactive"), batch: orderOf("batch") };
    const served = { interactive: 0, batch: 0 };
    const order: (T | undefined)[] = [];
    for (;;) {
      const lane = turns.choose((candidate) => served[candidate] < waiting[candidate].length);
      if (lane === undefined) return order;
      const waiter = waiting[lane][served[lane]];
      turns.charge(lane, waiter?.grants);
      order.push(waiter);
      served[lane] += 1;
    }
  }

  /** The new runs and those that have yielded, lane by lane. */
  waiters(): T[] {
    return LANES.flatMap((lane) => Array.from(this.#lanes[lane].entries(), (entry) => entry.item));
  }

  [Symbol.dispose](): void {
    this.#tellTimer?.[Symbol.dispose]();
    this.#tellTimer = undefined;
  }

  #nextLane(newOnly: boolean): Lane | undefined {
    return this.#fairShare.choose((candidate) => this.#lanes[candidate].canServe(this.#mayRun, newOnly));
  }

  #movedBack(): void {
    this.#hasMoved = true;
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#tellTimer ??= this.#clock.startTimer(TELL_INTERVAL_MS, () => {
      this.#tellTimer = undefined;
      this.#tellSome();
    });
  }

  #tellSome(): void {
    if (this.#untold.length === 0) this.#untold = this.#moved();
    for (const { entry, position, wait } of this.#untold.splice(0, MOST_TOLD)) {
      if (entry.queue !== undefined) tell(entry, position, wait);
    }
    if (this.#untold.length > 0 || this.#hasMoved) this.#tellSoon();
  }

  #moved(): MovedEntry<T>[] {
    this.#hasMoved = false;
    const order = this.order();
    const waits = this.#forecast(order);
    const entries = new Map<T, QueueEntry<T>>();
    for (const lane of LANES) for (const entry of this.#lanes[lane].entries()) entries.set(entry.item, entry);
    const moved: Record<Lane, MovedEntry<T>[]> = { interactive: [], batch: [] };
    const positions = { interactive: 0, batch: 0 };
    for (const [index, waiter] of order.entries()) {
      if (!waiter.isNew) continue;
      const position = ++positions[waiter.lane];
      const [entry, wait] = [entries.get(waiter), waits[index]];
      if (entry === undefined || wait === undefined || position === entry.toldPosition) continue;
      moved[waiter.lane].push({ entry, position, wait });
    }
    return LANES.flatMap((lane) => moved[lane]);
  }
}

interface MovedEntry<T extends Waiter> {
  readonly entry: QueueEntry<T>;
  readonly position: number;
  readonly wait: WaitRange;
}

function tell<T extends Waiter>(entry: QueueEntry<T>, position: number, { lowMs, highMs }: WaitRange): void {
  entry.toldPosition = position;
  entry.item.tellPosition({ position, waitLowMs: lowMs, waitHighMs: highMs });
}
