import type { Clock } from "../../sync/clock.js";
import type { ConnectionAccount } from "../call/connection-account.js";

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
  #level = 0;
  #atMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param handedOn whether grpc-js had the call */
  count(account: ConnectionAccount, { handedOn }: { readonly handedOn: boolean }): void {
    const weight = handedOn ? HANDED_ON_WEIGHT : 1;
    const nowMs = this.#clock.nowMs();
    this.#level = leaked(this.#level, PER_SECOND, nowMs - this.#atMs) + weight;
    this.#atMs = nowMs;
    account.resets = leaked(account.resets, CONNECTION_PER_SECOND, nowMs - account.resetsAtMs) + weight;
    account.resetsAtMs = nowMs;
  }

  /** Whether the connection may open a stream now. */
  allows(account: ConnectionAccount): boolean {
    if (account.resets <= CONNECTION_BURST || this.#level < BURST) return true;
    const nowMs = this.#clock.nowMs();
    if (leaked(this.#level, PER_SECOND, nowMs - this.#atMs) < BURST) return true;
    return leaked(account.resets, CONNECTION_PER_SECOND, nowMs - account.resetsAtMs) <= CONNECTION_BURST;
  }
}

function leaked(level: number, perSecond: number, elapsedMs: number): number {
  return Math.max(0, level - (perSecond * elapsedMs) / 1_000);
}
