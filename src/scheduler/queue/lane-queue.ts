import type { TenantPolicies } from "../../core/tenant-policy.js";
import type { ExpectedRun } from "../forecast/run-work.js";
import type { QueueEntry } from "./linked-queue.js";
import { isBefore, TenantFlow, type Waiter } from "./tenant-flow.js";
import { TurnHeap } from "./turn-heap.js";

/** The most tenants whose work is remembered while they want nothing. */
const MOST_IDLE_FLOWS = 4_096;

/**
 * The work that a tenant may be behind, times its weight, when it begins to wait while it has a run with a slot or one that yielded it. Two callers that
 * call one after another have nobody in the queue now and then, and would lose what they are behind each time.
 */
const MOST_BEHIND = 512;

/** The work of a run in one slot for which its tenant was charged in the run's lane. */
export interface WorkCharge {
  readonly tenant: string;
  /** The work that the run had done before it got the slot. */
  readonly before: number;
  work: number;
  /** The work divided by the weights that the tenant had when it was charged. */
  virtualWork: number;
}

export interface LaneQueueOptions {
  readonly policies: TenantPolicies;
  /** Called after each entry that was left or served. */
  readonly onLeave: () => void;
}

/**
 * One lane's waiters. The tenants take turns by virtual counters: each counter holds the work that the tenant was given, divided by its weight, and the
 * tenant with the lowest is next. A tenant that was idle has its counter lifted to the lowest of those that wait, or to the highest of those that run if none
 * does, so that idle time saves nothing up. Work is charged by an estimate when a run gets its slot, and corrected as the engine does it.
 */
export class LaneQueue<T extends Waiter> {
  readonly #options: LaneQueueOptions;
  readonly #flows = new Map<string, TenantFlow<T>>();
  /** The flows with waiters. */
  readonly #waiting = new Set<TenantFlow<T>>();
  /** The flows with runs that hold a slot. */
  readonly #running = new Set<TenantFlow<T>>();
  /** The flow that got a slot last. Its counter stands for the others' while nobody waits or runs. */
  #served: TenantFlow<T> | undefined;
  #grants = 0;
  /** The number of tenants met. */
  #met = 0;

  constructor(options: LaneQueueOptions) {
    this.#options = options;
  }

  /** The number of runs that wait for their first slot. */
  get newRuns(): number {
    return this.#sum((flow) => flow.newRuns);
  }

  /** The number of runs that wait to return after their reader was behind. */
  get returning(): number {
    return this.#sum((flow) => flow.returning);
  }

  /** The number of tenants that are remembered. */
  get remembered(): number {
    return this.#flows.size;
  }

  newRunsOf(tenant: string): number {
    return this.#flows.get(tenant)?.newRuns ?? 0;
  }

  returningOf(tenant: string): number {
    return this.#flows.get(tenant)?.returning ?? 0;
  }

  yieldedOf(tenant: string): number {
    return this.#flows.get(tenant)?.yielded ?? 0;
  }

  /** The tenants that have waiters. */
  *tenants(): IterableIterator<string> {
    for (const { tenant } of this.#waiting) yield tenant;
  }

  /** The entries of new and yielded runs, tenant by tenant. The queue must not change during the iteration. */
  *entries(): IterableIterator<QueueEntry<T>> {
    for (const flow of this.#waiting) yield* flow.entries();
  }

  join(waiter: T): QueueEntry<T> {
    const flow = this.#flowOf(waiter.tenant);
    // A run that has yielded was there all the time, but its reader may have kept it away for long.
    if (!flow.canServe(true)) flow.virtualWork = this.#lifted(flow, flow.running > 0 || waiter.hasYielded);
    this.#waiting.add(flow);
    return flow.join(waiter);
  }

  canServe(wanted: (tenant: string) => boolean, newOnly: boolean): boolean {
    return this.#next(wanted, newOnly) !== undefined;
  }

  /** The tenant whose turn it is. @param newOnly true leaves out runs that return after their reader was behind. */
  nextTenant(wanted: (tenant: string) => boolean, newOnly: boolean): string | undefined {
    return this.#next(wanted, newOnly)?.tenant;
  }

  /** Takes the waiter whose turn it is out of its queue. Its tenant is charged once the run has started. */
  serve(wanted: (tenant: string) => boolean, newOnly: boolean): T | undefined {
    const flow = this.#next(wanted, newOnly);
    const waiter = flow?.serve(newOnly);
    if (flow !== undefined) this.#note(flow);
    return waiter;
  }

  /** Counts a slot that a new run of the tenant got without waiting. */
  pass(tenant: string): void {
    const flow = this.#flowOf(tenant);
    if (!flow.canServe(true)) flow.virtualWork = this.#lifted(flow, flow.running > 0);
    flow.charge();
    this.#note(flow);
  }

  /** Notes that a run of the tenant has got a slot. */
  started(tenant: string): void {
    const flow = this.#flowOf(tenant);
    flow.running += 1;
    this.#running.add(flow);
  }

  /** Notes that a run of the tenant has given its slot up. */
  stopped(tenant: string): void {
    const flow = this.#flowOf(tenant);
    flow.running -= 1;
    if (flow.running === 0) this.#running.delete(flow);
  }

  /** Adjusts the charge of a run to its whole work, which may be less than before. What was charged is given back by the weight of that time. */
  charge(charge: WorkCharge, work: number): void {
    const { weight } = this.#options.policies.of(charge.tenant);
    const added = work - charge.before - charge.work;
    const virtual = added > 0 || charge.work === 0 ? added / weight : (added * charge.virtualWork) / charge.work;
    this.#flowOf(charge.tenant).virtualWork += virtual;
    charge.virtualWork += virtual;
    charge.work += added;
  }

  /** The work that the tenant was given beyond what another one was given, each divided by its weight. */
  leadOf(tenant: string, other: string): number {
    return (this.#flows.get(tenant)?.virtualWork ?? 0) - (this.#flows.get(other)?.virtualWork ?? 0);
  }

  /**
   * The order of service if nobody joins or leaves and every run takes the work that is expected of it. With `newcomer`, undefined stands for a new run that
   * joins now; a newcomer without a tenant stands behind all others.
   */
  order(newcomer?: ExpectedRun): (T | undefined)[] {
    const tenant = newcomer?.tenant;
    const turns = new TurnHeap<SimulatedTurn<T>>();
    for (const flow of this.#waiting) {
      turns.add(this.#simulated(flow, flow.order(flow.tenant === tenant ? newcomer : undefined)));
    }
    if (newcomer !== undefined && tenant !== undefined && !this.#isWaiting(tenant)) turns.add(this.#joining(tenant));
    const order: (T | undefined)[] = [];
    let { first } = turns;
    for (let grants = this.#grants + 1; first !== undefined; first = turns.first, grants += 1) {
      const waiter = first.order[first.served];
      order.push(waiter);
      first.served += 1;
      first.virtualWork += (waiter?.expectedWork ?? 0) / first.weight;
      first.lastGrant = grants;
      if (first.served < first.order.length) turns.sinkFirst();
      else turns.removeFirst();
    }
    if (newcomer !== undefined && tenant === undefined) order.push(undefined);
    return order;
  }

  /**
   * The position that a newcomer would get among the new runs if all counters were equal and all runs alike, from 1. It is exact for one tenant, and takes
   * time in proportion to the tenants only.
   */
  estimatedPosition(tenant: string): number {
    const { policies } = this.#options;
    const { weight } = policies.of(tenant);
    const own = this.newRunsOf(tenant);
    let position = 1 + own;
    for (const flow of this.#waiting) {
      if (flow.tenant === tenant) continue;
      position += Math.min(flow.newRuns, Math.floor(((own + 1) * policies.of(flow.tenant).weight) / weight));
    }
    return position;
  }

  #isWaiting(tenant: string): boolean {
    const flow = this.#flows.get(tenant);
    return flow !== undefined && this.#waiting.has(flow);
  }

  #simulated(turn: TenantFlow<T>, order: readonly (T | undefined)[]): SimulatedTurn<T> {
    const { virtualWork, lastGrant, tenantNumber, tenant } = turn;
    return { virtualWork, lastGrant, tenantNumber, weight: this.#options.policies.of(tenant).weight, order, served: 0 };
  }

  #joining(tenant: string): SimulatedTurn<T> {
    const flow = this.#flows.get(tenant);
    return {
      virtualWork: flow === undefined ? this.#floor() : this.#lifted(flow, flow.running > 0),
      lastGrant: flow?.lastGrant ?? 0,
      tenantNumber: flow?.tenantNumber ?? Infinity,
      weight: this.#options.policies.of(tenant).weight,
      order: [undefined],
      served: 0,
    };
  }

  #next(wanted: (tenant: string) => boolean, newOnly: boolean): TenantFlow<T> | undefined {
    let next: TenantFlow<T> | undefined;
    for (const flow of this.#waiting) {
      if (!flow.canServe(newOnly) || (next !== undefined && !isBefore(flow, next))) continue;
      if (wanted(flow.tenant)) next = flow;
    }
    return next;
  }

  #note(flow: TenantFlow<T>): void {
    this.#grants += 1;
    flow.lastGrant = this.#grants;
    this.#served = flow;
  }

  #lifted(flow: TenantFlow<T>, hasRun: boolean): number {
    const behind = hasRun ? MOST_BEHIND / this.#options.policies.of(flow.tenant).weight : 0;
    return Math.max(flow.virtualWork, this.#floor() - behind);
  }

  /** The least counter of the tenants that wait for new runs. While nobody does, it is the highest of those that have a slot or got one last. */
  #floor(): number {
    let least = Infinity;
    for (const flow of this.#waiting) if (flow.canServe(true)) least = Math.min(least, flow.virtualWork);
    if (least !== Infinity) return least;
    let highest = this.#served?.virtualWork ?? 0;
    for (const flow of this.#running) highest = Math.max(highest, flow.virtualWork);
    return highest;
  }

  #flowOf(tenant: string): TenantFlow<T> {
    const known = this.#flows.get(tenant);
    if (known !== undefined) return known;
    this.#forgetIdle();
    const flow = new TenantFlow<T>({ tenant, tenantNumber: (this.#met += 1) }, () => {
      if (!flow.canServe(false)) this.#waiting.delete(flow);
      this.#options.onLeave();
    });
    this.#flows.set(tenant, flow);
    return flow;
  }

  /** Forgets the tenants that have no runs, once there are too many. */
  #forgetIdle(): void {
    if (this.#flows.size < MOST_IDLE_FLOWS + this.#waiting.size) return;
    for (const [tenant, flow] of this.#flows) {
      if (!this.#waiting.has(flow) && flow.running === 0 && flow !== this.#served) this.#flows.delete(tenant);
    }
  }

  #sum(count: (flow: TenantFlow<T>) => number): number {
    let sum = 0;
    for (const flow of this.#waiting) sum += count(flow);
    return sum;
  }
}

/** One tenant's turns in a simulated order. */
interface SimulatedTurn<T> {
  virtualWork: number;
  lastGrant: number;
  readonly tenantNumber: number;
  readonly weight: number;
  readonly order: readonly (T | undefined)[];
  served: number;
}
