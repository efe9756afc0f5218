import { GenerationError } from "../../core/generation-error.js";
import type { ConnectionAccount } from "./connection-account.js";

/** The share of the calls that is reserved for connections below their equal share. */
const RESERVED_SHARE = 1 / 4;

/**
 * Bounds the number of open calls in the process. A single connection may have all of them. When no more than a quarter is free, only connections
 * with less than their equal share get further calls.
 */
export class CallLimit {
  readonly #maxCalls: number;
  readonly #holders = new Set<ConnectionAccount>();
  #open = 0;

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  /** The number of open calls. */
  get open(): number {
    return this.#open;
  }

  /** Counts a call, which `leave` ends, or returns the refusal. */
  tryEnter(account: ConnectionAccount): GenerationError | undefined {
    const free = this.#maxCalls - this.#open;
    const others = this.#holders.size - (this.#holders.has(account) ? 1 : 0);
    const share = this.#maxCalls / (others + 1);
    const isShort = free <= this.#maxCalls * RESERVED_SHARE;
    if (free <= 0 || (isShort && account.calls >= share)) return this.#refusal(free);
    this.#open += 1;
    account.calls += 1;
    this.#holders.add(account);
    return undefined;
  }

  leave(account: ConnectionAccount): void {
    this.#open -= 1;
    account.calls -= 1;
    if (account.calls === 0) this.#holders.delete(account);
  }

  #refusal(free: number): GenerationError {
    const text =
      free <= 0
        ? `the server has ${this.#maxCalls} open calls, which is its limit`
        : `the server has few free calls, and this connection has its equal share of ${this.#maxCalls}`;
    return new GenerationError("TOO_MANY_CALLS", text, {
      retryAfterMs: 1_000,
      facts: { max_streams: String(this.#maxCalls) },
    });
  }
}
