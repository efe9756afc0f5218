import { type Lane, LANES } from "../../core/generation-request.js";
import type { TenantPolicies } from "../../core/tenant-policy.js";
import type { Clock } from "../../sync/clock.js";
import type { ExpectedRun, RunForecast, RunWork, WaitRange } from "./run-work.js";
import type { WaitEstimator, Yields } from "./wait-estimator.js";

/** Queues shorter than this are forecast anew for each newcomer. */
const LONG_QUEUE = 64;
/** A cached forecast is valid for at least this time. */
const LEAST_VALID_MS = 200;
/** A cached forecast is valid for this multiple of the time that it took, so that forecasts take a small part of the thread's time however long the queue is. */
const VALID_FOR_COSTS = 20;
/** The share of its length by which the queue may change before a cached forecast is dropped. */
const MOST_CHANGE = 1 / 16;

export interface ForecastCacheOptions {
  readonly queue: {
    waiting(lane: Lane): number;
    waitingOf(tenant: string, lane: Lane): number;
    readonly returning: number;
    /** Returns the position that the newcomer would get in its lane. */
    position(newcomer: ExpectedRun): number;
    order(newcomer: ExpectedRun): readonly ({ readonly work: RunWork } | undefined)[];
  };
  /** Tell which tenants bound their running calls. */
  readonly policies: TenantPolicies;
  readonly estimator: WaitEstimator;
  /** Foretells which runs give their slots up if the tenant wants one too. */
  readonly yields: (tenant: string | undefined) => Yields;
  readonly clock: Clock;
}

/** The most tenants with a bound on their running calls whose forecasts are kept. Further ones get the forecast of the lane. */
const MOST_TENANTS = 64;

/** A newcomer's place in a queue: that of its lane, or that of its tenant if the tenant's own bound decides when it gets a slot. */
interface QueuePlace {
  readonly key: string;
  readonly newcomer: ExpectedRun;
  /** The position that the last in this queue would get. */
  readonly last: number;
  readonly position: () => number;
}

/** The wait that was expected of a newcomer at this position, the last of its queue, at this moment. */
interface CachedForecast {
  readonly wait: WaitRange;
  readonly position: number;
  readonly atMs: number;
  readonly validUntilMs: number;
}

/**
 * Forecasts a run that joins a lane's queue now. A forecast takes time in proportion to the queue, so ten thousand newcomers would take time in
 * proportion to the square of their number. The forecast of a long queue is therefore kept for a moment, and the waits of the newcomers meanwhile
 * follow from it in proportion to their positions. A tenant that bounds its running calls waits for its own runs, so that its forecast is kept apart and
 * its positions are those among its own runs.
 */
export class ForecastCache {
  readonly #options: ForecastCacheOptions;
  readonly #cached = new Map<string, CachedForecast>();

  constructor(options: ForecastCacheOptions) {
    this.#options = options;
  }

  /** Without `work`, only the wait of the returned forecast is meant to be read. */
  forecast(newcomer: ExpectedRun, work?: RunWork): RunForecast {
    const { queue, estimator, clock } = this.#options;
    const waiting = LANES.reduce((sum, each) => sum + queue.waiting(each), queue.returning);
    if (waiting < LONG_QUEUE) return this.#forecastAnew(newcomer, work);
    const place = this.#placeOf(newcomer);
    const valid = this.#validForecast(place);
    const position = place.position();
    const passedMs = clock.nowMs() - valid.atMs;
    const atPosition = (ms: number): number => Math.max(0, (ms * position) / valid.position - passedMs);
    const wait = { lowMs: atPosition(valid.wait.lowMs), highMs: atPosition(valid.wait.highMs) };
    // The end matters only for a run that has a deadline.
    const runMs = work === undefined || work.deadlineMs === Infinity ? 0 : estimator.runLowMs(work);
    return { wait, endLowMs: wait.lowMs + runMs };
  }

  #placeOf(newcomer: ExpectedRun): QueuePlace {
    const { queue, policies } = this.#options;
    const { lane, tenant } = newcomer;
    const key = `${lane} ${tenant}`;
    const isBounded = tenant !== undefined && policies.of(tenant).runningCalls !== undefined;
    if (!isBounded || (!this.#cached.has(key) && this.#cached.size >= MOST_TENANTS)) {
      const anyone = { lane, tenant: undefined, priority: 0 };
      return { key: lane, newcomer: anyone, last: queue.waiting(lane) + 1, position: () => queue.position(newcomer) };
    }
    const last = queue.waitingOf(tenant, lane) + 1;
    return { key, newcomer: { lane, tenant, priority: 0 }, last, position: () => last };
  }

  #validForecast({ key, newcomer, last: position }: QueuePlace): CachedForecast {
    const { clock } = this.#options;
    const known = this.#cached.get(key);
    const atMs = clock.nowMs();
    if (known !== undefined && atMs < known.validUntilMs && isNear(position, known.position)) return known;
    const { wait } = this.#forecastAnew(newcomer);
    for (const [each, { validUntilMs }] of this.#cached) if (validUntilMs <= atMs) this.#cached.delete(each);
    // All forecasts together take their small part of the thread's time.
    const costMs = (clock.nowMs() - atMs) * Math.max(1, this.#cached.size);
    const cached = { wait, position, atMs, validUntilMs: atMs + Math.max(LEAST_VALID_MS, costMs * VALID_FOR_COSTS) };
    this.#cached.set(key, cached);
    return cached;
  }

  #forecastAnew(newcomer: ExpectedRun, work?: RunWork): RunForecast {
    const { queue, estimator, yields } = this.#options;
    return estimator.forecastNewcomer(
      queue.order(newcomer).map((waiter) => waiter?.work),
      work,
      { tenant: newcomer.tenant, yields: yields(newcomer.tenant) },
    );
  }
}

function isNear(position: number, knownPosition: number): boolean {
  return Math.abs(position - knownPosition) <= knownPosition * MOST_CHANGE;
}
