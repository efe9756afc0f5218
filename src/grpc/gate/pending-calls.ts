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
const GRACE_MS = 1_000;

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
      const isYoung = oldest !== undefined && nowMs - oldest.sinceMs < GRACE_MS;
      return isYoung && this.count <= maxAtOnce ? undefined : oldest;
    });
  }

  /** Removes a call. It may be called twice. */
  remove(call: CountedCall): void {
    this.#calls.release(call);
  }
}
