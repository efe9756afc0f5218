import type { AnyStoreResult, StoreMethod } from "../store-messages.js";

export const STORE_METHODS = [
  "create",
  "get",
  "update",
  "list",
  "listTurns",
  "delete",
  "fork",
  "append",
  "openTurn",
  "admitTurn",
  "renewLease",
  "commitTurn",
  "sweep",
] as const satisfies readonly StoreMethod[];

/**
 * ok: the store did the request. refused: the store serves, and gave a reason for not doing it. unavailable: the store did not serve, or not in time.
 */
export const STORE_OUTCOMES = ["ok", "refused", "unavailable"] as const;
export type StoreOutcome = (typeof STORE_OUTCOMES)[number];

/** The upper bounds of the classes that the response times are counted in. */
export const STORE_TIME_BOUNDS_MS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, Infinity];

/** The counts of a store's calls since the start. */
export interface StoreReport {
  readonly underWay: number;
  readonly calls: Readonly<Record<StoreMethod, Readonly<Record<StoreOutcome, number>>>>;
  /** The number of answers in each class of STORE_TIME_BOUNDS_MS, without sweeps. */
  readonly times: readonly number[];
  readonly timeSumMs: number;
}

/**
 * Counts a store's calls and their response times, with the time that they wait for the thread or a connection. The counts only grow. Main thread.
 */
export class StoreTally {
  readonly #calls = Object.fromEntries(
    STORE_METHODS.map((method) => [method, { ok: 0, refused: 0, unavailable: 0 }]),
  ) as Record<StoreMethod, Record<StoreOutcome, number>>;
  readonly #times = STORE_TIME_BOUNDS_MS.map(() => 0);
  #timeSumMs = 0;

  observe(method: StoreMethod, result: AnyStoreResult, tookMs: number): void {
    this.#calls[method][outcomeOf(result)] += 1;
    // Sweeps are left out, because nobody waits for them and their duration depends on the work.
    if (method === "sweep") return;
    const index = STORE_TIME_BOUNDS_MS.findIndex((boundMs) => tookMs <= boundMs);
    this.#times[index] = (this.#times[index] ?? 0) + 1;
    this.#timeSumMs += tookMs;
  }

  report(underWay: number): StoreReport {
    const calls = Object.fromEntries(STORE_METHODS.map((method) => [method, { ...this.#calls[method] }]));
    return { underWay, calls: calls as StoreReport["calls"], times: [...this.#times], timeSumMs: this.#timeSumMs };
  }
}

function outcomeOf(result: AnyStoreResult): StoreOutcome {
  if (result.ok) return "ok";
  return result.problem.type === "unavailable" ? "unavailable" : "refused";
}
