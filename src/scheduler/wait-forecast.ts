import type { ServiceTime } from "./service-time.js";

/** An expected wait: likely between the two. */
export interface WaitRange {
  readonly lowMs: number;
  readonly highMs: number;
}

/** The order of grants that a place in line may get: the first and the last that it may be, 1 is the next grant of all. */
export interface GrantRange {
  readonly earliest: number;
  readonly latest: number;
}

/**
 * One look at the slots, from which the wait for any place follows in O(1). Slots fall free in the order of what is left of their runs, and
 * then again, one service time later each. All waits are 0 while no service time was measured.
 */
export class WaitForecast {
  readonly #service: ServiceTime;
  /** Until each slot falls free, shortest first. */
  readonly #lowMs: readonly number[];
  readonly #highMs: readonly number[];

  /** @param heldMs for each slot how long its run has held it; undefined for a free one. At least one slot. */
  constructor(service: ServiceTime, heldMs: readonly (number | undefined)[]) {
    this.#service = service;
    // A run that has outlived the high bound has at least the deviation to go: nothing says that it ends now.
    this.#lowMs = sorted(heldMs, (held) => Math.max(0, service.lowMs - held));
    this.#highMs = sorted(heldMs, (held) => Math.max(service.deviationMs, service.highMs - held));
  }

  waitFor(grants: GrantRange): WaitRange {
    if (!this.#service.measured) return { lowMs: 0, highMs: 0 };
    return {
      lowMs: wait(this.#lowMs, this.#service.lowMs, grants.earliest),
      highMs: wait(this.#highMs, this.#service.highMs, grants.latest),
    };
  }
}

function sorted(heldMs: readonly (number | undefined)[], left: (heldMs: number) => number): number[] {
  return heldMs.map((held) => (held === undefined ? 0 : left(held))).sort((a, b) => a - b);
}

function wait(untilFreeMs: readonly number[], serviceMs: number, grant: number): number {
  const rounds = Math.floor((grant - 1) / untilFreeMs.length);
  return (untilFreeMs[(grant - 1) % untilFreeMs.length] ?? 0) + rounds * serviceMs;
}
