import { GenerationError } from "../../core/generation-error.js";
import type { ConnectionAccount } from "./connection-account.js";

/** The part of the seats that is kept for connections below their equal share. */
const RESERVED_SHARE = 1 / 4;

/**
 * The calls that are open in the process, bounded. One connection may hold all of them; once no more than a quarter of the seats is free, only
 * connections that hold less than their equal share get one.
 */
export class CallLimit {
  readonly #maxCalls: number;
  readonly #holders = new Set<ConnectionAccount>();
  #open = 0;

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  /** Calls that hold a seat now. */
  get open(): number {
    return this.#open;
  }

  /** Takes a seat, to be given back by `leave`; or says why there is none. */
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
        ? `the server has ${this.#maxCalls} calls open, its most`
        : `the server is short of calls, and this connection holds its equal share of ${this.#maxCalls}`;
    return new GenerationError("TOO_MANY_CALLS", text, {
      retryAfterMs: 1_000,
      facts: { max_streams: String(this.#maxCalls) },
    });
  }
}
