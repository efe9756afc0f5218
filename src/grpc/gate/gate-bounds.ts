import type { Clock } from "../../sync/clock.js";
import { type Share, SharedBudget } from "../connection/shared-budget.js";

/** A call that counts toward its connection. */
export interface CountedCall {
  readonly connection: object;
}

export interface PendingCallsOptions {
  /** The number of calls that may be pending for longer than the grace period. */
  readonly max: number;
  /** The number of all pending calls, however young. */
  readonly maxAtOnce: number;
  readonly clock: Clock;
}

interface PendingCall extends Share {
  readonly sinceMs: number;
}

/** The age below which a pending call is not held against its connection, because its message is still on the way. */
const PENDING_GRACE_MS = 1_000;

/**
 * A bounded set of calls that should end soon. A new call always gets in: beyond the bound, the set evicts the oldest call of the connection that has
 * the most of them.
 */
export class PendingCalls {
  readonly #options: PendingCallsOptions;
  readonly #calls: SharedBudget<PendingCall>;

  constructor(options: PendingCallsOptions) {
    this.#options = options;
    this.#calls = new SharedBudget(options.max);
  }

  get count(): number {
    return this.#calls.total;
  }

  /** @param evict ends the call to make room for another one */
  add(call: CountedCall, evict: () => void): void {
    const { maxAtOnce, clock } = this.#options;
    const nowMs = clock.nowMs();
    this.#calls.hold({ holder: call, connection: call.connection, amount: 0, evict, sinceMs: nowMs }, 1);
    this.#calls.makeRoom(([oldest]) => {
      const isYoung = oldest !== undefined && nowMs - oldest.sinceMs < PENDING_GRACE_MS;
      return isYoung && this.count <= maxAtOnce ? undefined : oldest;
    });
  }

  /** Removes a call. It may be called twice. */
  remove(call: CountedCall): void {
    this.#calls.release(call);
  }
}

/** The resets that the process accepts at once over all connections, and per second after that. */
const RESET_BURST = 1_000;
const RESETS_PER_SECOND = 250;
/** The weight of resetting a call that was handed on. It is a tenth, because clients cancel waiting calls by deadline or in waves. */
const HANDED_ON_WEIGHT = 0.1;
/** The resets up to which a connection is never to blame. */
const CONNECTION_RESET_BURST = 64;
const CONNECTION_RESETS_PER_SECOND = 50;

/**
 * Counts the streams that clients reset before their response, in leaky buckets: one for the process and one per connection. While the bucket of the
 * process is full, the connections that filled it get no new streams. Streams that are reset before they become calls make up a storm.
 */
export class ResetBudget {
  readonly #clock: Clock;
  readonly #ofProcess: Bucket = { level: 0, atMs: 0 };
  readonly #ofConnections = new WeakMap<object, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param handedOn whether grpc-js had the call */
  count(connection: object, { handedOn }: { readonly handedOn: boolean }): void {
    const weight = handedOn ? HANDED_ON_WEIGHT : 1;
    const nowMs = this.#clock.nowMs();
    fill(this.#ofProcess, { weight, nowMs, perSecond: RESETS_PER_SECOND });
    const known = this.#ofConnections.get(connection);
    const bucket = known ?? { level: 0, atMs: nowMs };
    if (known === undefined) this.#ofConnections.set(connection, bucket);
    fill(bucket, { weight, nowMs, perSecond: CONNECTION_RESETS_PER_SECOND });
  }

  /** Whether the connection may open a stream now. */
  allows(connection: object): boolean {
    const bucket = this.#ofConnections.get(connection);
    if (bucket === undefined || bucket.level <= CONNECTION_RESET_BURST || this.#ofProcess.level < RESET_BURST)
      return true;
    const nowMs = this.#clock.nowMs();
    if (levelAt(this.#ofProcess, nowMs, RESETS_PER_SECOND) < RESET_BURST) return true;
    return levelAt(bucket, nowMs, CONNECTION_RESETS_PER_SECOND) <= CONNECTION_RESET_BURST;
  }
}

/** A leaky bucket, as it was at a time. */
interface Bucket {
  level: number;
  atMs: number;
}

function fill(
  bucket: Bucket,
  { weight, nowMs, perSecond }: { weight: number; nowMs: number; perSecond: number },
): void {
  bucket.level = levelAt(bucket, nowMs, perSecond) + weight;
  bucket.atMs = nowMs;
}

function levelAt({ level, atMs }: Bucket, nowMs: number, perSecond: number): number {
  return Math.max(0, level - (perSecond * (nowMs - atMs)) / 1_000);
}
