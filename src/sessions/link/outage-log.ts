import type { Clock } from "../../sync/clock.js";
import type { Logger } from "../../telemetry/logger.js";
import type { StoreFault } from "../store-problem.js";
import type { AnyStoreResult } from "../store-messages.js";

/** A fault that comes and goes is logged no more often than this. */
const REPEAT_MS = 60_000;

/** Nothing but the operator's hand, or ours, ends these. */
const LASTING: ReadonlySet<StoreFault> = new Set(["corrupt", "newer_schema", "misconfigured", "internal"]);

/** Logs a fault of the store once when it begins, and that the store serves again, however many calls fail in between. Main thread. */
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
    // The link logs the death of its thread, and a store that was closed on purpose has no outage.
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
