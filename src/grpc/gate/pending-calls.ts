import type { Clock } from "../../sync/clock.js";
import type { ConnectionAccount } from "../call/connection-account.js";

/** A call that counts towards its connection. */
export interface CountedCall {
  readonly account: ConnectionAccount;
}

export interface PendingCallsOptions {
  /** Bound of the calls that have been pending for longer than the grace. */
  readonly max: number;
  /** Bound of all, however young. */
  readonly maxAtOnce: number;
  readonly clock: Clock;
}

interface Entry {
  readonly sinceMs: number;
  readonly evict: () => void;
}

/** A burst of calls on one connection is not held against it: their messages are on the way. */
const GRACE_MS = 1_000;

/**
 * Calls of one kind that should be over soon, bounded, where a newcomer always gets in: beyond the bound, the oldest call of the connection that
 * holds the most of them is evicted.
 */
export class PendingCalls {
  readonly #options: PendingCallsOptions;
  /** In the order of their coming. */
  readonly #calls = new Map<CountedCall, Entry>();
  readonly #counts = new Map<ConnectionAccount, number>();

  constructor(options: PendingCallsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#calls.size;
  }

  /** @param evict ends the call to make room for others */
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

  /** A second call changes nothing. */
  remove(call: CountedCall): void {
    if (!this.#calls.delete(call)) return;
    const left = this.#countOf(call.account) - 1;
    if (left > 0) this.#counts.set(call.account, left);
    else this.#counts.delete(call.account);
  }

  #oldestOfTheLargest(): [CountedCall, Entry] | undefined {
    let most = 0;
    for (const count of this.#counts.values()) if (count > most) most = count;
    for (const entry of this.#calls) if (this.#countOf(entry[0].account) === most) return entry;
    return undefined;
  }

  #countOf(account: ConnectionAccount): number {
    return this.#counts.get(account) ?? 0;
  }
}
