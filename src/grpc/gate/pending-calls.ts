import type { Clock } from "../../sync/clock.js";
import type { ConnectionAccount } from "../call/connection-account.js";

/** A call that counts toward its connection. */
export interface CountedCall {
  readonly account: ConnectionAccount;
}

export interface PendingCallsOptions {
  /** The number of calls that may be pending for longer than the grace period. */
  readonly max: number;
  /** The number of all pending calls, however young. */
  readonly maxAtOnce: number;
  readonly clock: Clock;
}

interface PendingEntry {
  readonly sinceMs: number;
  readonly evict: () => void;
}

/** The age below which a pending call is not held against its connection, because its message is still on the way. */
const GRACE_MS = 1_000;

/**
 * A bounded set of calls that should end soon. A new call always gets in: beyond the bound, the set evicts the oldest call of the connection that has
 * the most of them.
 */
export class PendingCalls {
  readonly #options: PendingCallsOptions;
  /** The pending calls, oldest first. */
  readonly #calls = new Map<CountedCall, PendingEntry>();
  readonly #counts = new Map<ConnectionAccount, number>();

  constructor(options: PendingCallsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#calls.size;
  }

  /** @param evict ends the call to make room for another one */
  add(call: CountedCall, evict: () => void): void {
    const { max, maxAtOnce, clock } = this.#options;
    const nowMs = clock.nowMs();
    this.#calls.set(call, { sinceMs: nowMs, evict });
    this.#counts.set(call.account, this.#countOf(call.account) + 1);
    while (this.#calls.size > max) {
      const oldest = this.#oldestOfTheLargest();
      if (oldest === undefined) return;
      const [victim, { sinceMs, evict: end }] = oldest;
      if (this.#calls.size <= maxAtOnce && nowMs - sinceMs < GRACE_MS) return;
      this.remove(victim);
      end();
    }
  }

  /** Removes a call. It may be called twice. */
  remove(call: CountedCall): void {
    if (!this.#calls.delete(call)) return;
    const left = this.#countOf(call.account) - 1;
    if (left > 0) this.#counts.set(call.account, left);
    else this.#counts.delete(call.account);
  }

  #oldestOfTheLargest(): [CountedCall, PendingEntry] | undefined {
    let most = 0;
    for (const count of this.#counts.values()) if (count > most) most = count;
    for (const entry of this.#calls) if (this.#countOf(entry[0].account) === most) return entry;
    return undefined;
  }

  #countOf(account: ConnectionAccount): number {
    return this.#counts.get(account) ?? 0;
  }
}
