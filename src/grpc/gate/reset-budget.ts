import type { Clock } from "../../sync/clock.js";

/** The resets that the process accepts at once over all connections, and per second after that. */
const BURST = 1_000;
const PER_SECOND = 250;
/** The weight of resetting a call that was handed on. It is a tenth, because clients cancel waiting calls by deadline or in waves. */
const HANDED_ON_WEIGHT = 0.1;
/** The resets up to which a connection is never to blame. */
const CONNECTION_BURST = 64;
const CONNECTION_PER_SECOND = 50;

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
    fill(this.#ofProcess, { weight, nowMs, perSecond: PER_SECOND });
    const known = this.#ofConnections.get(connection);
    const bucket = known ?? { level: 0, atMs: nowMs };
    if (known === undefined) this.#ofConnections.set(connection, bucket);
    fill(bucket, { weight, nowMs, perSecond: CONNECTION_PER_SECOND });
  }

  /** Whether the connection may open a stream now. */
  allows(connection: object): boolean {
    const bucket = this.#ofConnections.get(connection);
    if (bucket === undefined || bucket.level <= CONNECTION_BURST || this.#ofProcess.level < BURST) return true;
    const nowMs = this.#clock.nowMs();
    if (levelAt(this.#ofProcess, nowMs, PER_SECOND) < BURST) return true;
    return levelAt(bucket, nowMs, CONNECTION_PER_SECOND) <= CONNECTION_BURST;
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
