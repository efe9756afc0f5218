import type { Clock } from "../../sync/clock.js";
import type { ConnectionAccount } from "./connection-account.js";

/** Resets before an answer that the process takes at once, over all connections, and how many a second after that. */
const BURST = 1_000;
const PER_SECOND = 250;
/** A connection with no more of them than this is never to blame. */
const CONNECTION_BURST = 64;
const CONNECTION_PER_SECOND = 50;

/**
 * Counts the streams that clients reset before anything answered them, in leaking buckets: one for the process, one for each connection. While the
 * process's is full, the connections that filled it get no new streams.
 */
export class ResetBudget {
  readonly #clock: Clock;
  #level = 0;
  #atMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(account: ConnectionAccount): void {
    const nowMs = this.#clock.nowMs();
    this.#level = leaked(this.#level, PER_SECOND, nowMs - this.#atMs) + 1;
    this.#atMs = nowMs;
    account.resets = leaked(account.resets, CONNECTION_PER_SECOND, nowMs - account.resetsAtMs) + 1;
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
