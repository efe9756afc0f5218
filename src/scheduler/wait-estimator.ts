import type { Clock } from "../sync/clock.js";
import { ServiceTime } from "./service-time.js";
import type { SlotTable } from "./slot-table.js";
import { type GrantRange, WaitForecast, type WaitRange } from "./wait-forecast.js";

/** Told to a refused caller while nothing was measured yet. */
const UNMEASURED_RETRY_MS = 1_000;
/** The least that a refused caller is told to wait. */
const MIN_RETRY_MS = 100;

/** How long callers wait, from the service times seen so far and the ages of the runs that hold the slots now. */
export class WaitEstimator {
  readonly #slots: SlotTable<unknown>;
  readonly #clock: Clock;
  readonly #service = new ServiceTime();

  constructor(slots: SlotTable<unknown>, clock: Clock) {
    this.#slots = slots;
    this.#clock = clock;
  }

  /** A slot was held for so long. */
  observe(heldMs: number): void {
    this.#service.observe(heldMs);
  }

  /** Waits as they look at this moment: for many places at once. */
  forecast(): WaitForecast {
    return new WaitForecast(this.#service, this.#slots.heldMs(this.#clock.nowMs()));
  }

  waitFor(grants: GrantRange): WaitRange {
    return this.forecast().waitFor(grants);
  }

  /**
   * What a refused caller is told: when the next slot is expected to fall free, or, for one whose wait would have been too long, when it no longer
   * would be.
   */
  retryAfterMs(excessMs = 0): number {
    if (excessMs > 0) return Math.max(MIN_RETRY_MS, Math.ceil(excessMs));
    if (!this.#service.measured) return UNMEASURED_RETRY_MS;
    const { lowMs, highMs } = this.waitFor({ earliest: 1, latest: 1 });
    return Math.max(MIN_RETRY_MS, Math.ceil((lowMs + highMs) / 2));
  }
}
