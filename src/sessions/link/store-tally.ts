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

/** ok: done. refused: the store serves, and said why it did not do this. unavailable: it did not serve, or not in time. */
export const STORE_OUTCOMES = ["ok", "refused", "unavailable"] as const;
export type StoreOutcome = (typeof STORE_OUTCOMES)[number];

/** Upper bounds of the classes that answers' times are counted in. */
export const STORE_TIME_BOUNDS_MS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, Infinity];

/** What was asked of a store since the start. */
export interface StoreReport {
  readonly underWay: number;
  readonly calls: Readonly<Record<StoreMethod, Readonly<Record<StoreOutcome, number>>>>;
  /** How many answers took how long, sweeps left out: one for each class of STORE_TIME_BOUNDS_MS. */
  readonly times: readonly number[];
  readonly timeSumMs: number;
}

/** Counts what a store is asked, and how long its answers take, waiting for its thread or its connections included. Only ever grows. Main thread. */
export class StoreTally {
  readonly #calls = Object.fromEntries(
    STORE_METHODS.map((method) => [method, { ok: 0, refused: 0, unavailable: 0 }]),
  ) as Record<StoreMethod, Record<StoreOutcome, number>>;
  readonly #times = STORE_TIME_BOUNDS_MS.map(() => 0);
  #timeSumMs = 0;

  observe(method: StoreMethod, result: AnyStoreResult, tookMs: number): void {
    this.#calls[method][outcomeOf(result)] += 1;
    // Nobody waits for the sweeper, and its calls are as long as there is to sweep.
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
