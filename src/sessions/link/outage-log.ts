import type { Clock } from "../../sync/clock.js";
import type { Logger } from "../../telemetry/logger.js";
import type { StoreFault } from "../store-problem.js";
import type { AnyStoreResult } from "../store-messages.js";

/** A fault that recurs is logged no more often than this. */
const REPEAT_MS = 60_000;

/** These faults last until an operator acts or the code is mended. */
const LASTING: ReadonlySet<StoreFault> = new Set(["corrupt", "newer_schema", "misconfigured", "internal"]);

/**
 * Logs once that a fault of the store begins, and once that the store serves again, regardless of the number of calls that fail meanwhile. Main
 * thread.
 */
export class OutageLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #loggedAtMs = new Map<StoreFault, number>();
  #fault: StoreFault | undefined;
  #wasLogged = false;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = clock;
    this.#log = log;
  }

  observe(result: AnyStoreResult): void {
    if (result.ok || result.problem.type !== "unavailable") this.#end();
    // The link logs the death of its thread, and a store that was closed has no outage.
    else if (result.problem.fault !== "closed") this.#begin(result.problem.fault, result.problem.message);
  }

  #begin(fault: StoreFault, message: string): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    const nowMs = this.#clock.nowMs();
    const loggedAtMs = this.#loggedAtMs.get(fault);
    if (loggedAtMs !== undefined && nowMs - loggedAtMs < REPEAT_MS) return;
    this.#loggedAtMs.set(fault, nowMs);
    this.#wasLogged = true;
    const text = `the store of sessions is out of order: ${message}`;
    if (LASTING.has(fault)) this.#log.error({ fault }, text);
    else this.#log.warn({ fault }, text);
  }

  #end(): void {
    this.#fault = undefined;
    if (!this.#wasLogged) return;
    this.#wasLogged = false;
    this.#log.info({}, "the store of sessions serves again");
  }
}
