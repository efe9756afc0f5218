import { GenerationError } from "../../core/generation-error.js";

/** The share of the calls that is reserved for connections below their equal share. */
const RESERVED_SHARE = 1 / 4;

/**
 * Bounds the number of open calls in the process. A single connection may have all of them. When no more than a quarter is free, only connections
 * with less than their equal share get further calls.
 */
export class CallLimit {
  readonly #maxCalls: number;
  /** The open calls of each connection that has any. */
  readonly #openOn = new Map<object, number>();
  #open = 0;

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  /** The number of open calls. */
  get open(): number {
    return this.#open;
  }

  /** Counts a call, which `leave` ends, or returns the refusal. */
  tryEnter(connection: object): GenerationError | undefined {
    const free = this.#maxCalls - this.#open;
    const calls = this.#openOn.get(connection) ?? 0;
    const others = this.#openOn.size - (calls > 0 ? 1 : 0);
    const share = this.#maxCalls / (others + 1);
    const isShort = free <= this.#maxCalls * RESERVED_SHARE;
    if (free <= 0 || (isShort && calls >= share)) return this.#refusal(free);
    this.#open += 1;
    this.#openOn.set(connection, calls + 1);
    return undefined;
  }

  leave(connection: object): void {
    this.#open -= 1;
    const calls = (this.#openOn.get(connection) ?? 0) - 1;
    if (calls > 0) this.#openOn.set(connection, calls);
    else this.#openOn.delete(connection);
  }

  #refusal(free: number): GenerationError {
    const text =
      free <= 0
        ? `the server has ${this.#maxCalls} open calls, which is its limit`
        : `the server has few free calls, and this connection has its equal share of ${this.#maxCalls}`;
    return new GenerationError("TOO_MANY_CALLS", text, {
      retryAfterMs: 1_000,
      facts: { max_calls: String(this.#maxCalls) },
    });
  }
}

/** Bounds the number of concurrent streams that have no end of their own. */
export class WatcherLimit {
  readonly #max: number;
  readonly #what: string;
  #taken = 0;

  /** @param what the name of the streams, for the refusal */
  constructor(max: number, what: string) {
    this.#max = max;
    this.#what = what;
  }

  /**
   * Counts a stream until the result is disposed.
   * @throws GenerationError TOO_MANY_WATCHERS
   */
  take(): Disposable {
    if (this.#taken >= this.#max) {
      throw new GenerationError("TOO_MANY_WATCHERS", `the server has ${this.#max} ${this.#what}, which is its limit`, {
        facts: { max_watchers: String(this.#max) },
      });
    }
    this.#taken++;
    return {
      [Symbol.dispose]: () => {
        this.#taken--;
      },
    };
  }
}
