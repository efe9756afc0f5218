import { networkOf } from "../../machine/network.js";
import type { Clock } from "../../sync/clock.js";

/** The failed checks that one address has at once before its refusals wait, and how fast it gets them back. */
const BURST = 20;
const PER_SECOND = 2;
/** The time that a refusal beyond that waits. */
const DELAY_MS = 1_000;
/** The addresses that are remembered, about 1 MiB. The address that failed longest ago is forgotten first. */
const MAX_ADDRESSES = 8_192;
/** The refusals that wait at once over all addresses. */
const MAX_WAITING = 1_024;

interface Allowance {
  left: number;
  atMs: number;
}

/**
 * Slows callers down whose credentials are refused again and again, by the address of their peer. A refusal beyond the allowance waits a second, and its
 * stream counts toward the streams of its connection meanwhile. Calls with good credentials never wait, whatever else comes from their address.
 */
export class FailedChecks {
  readonly #clock: Clock;
  readonly #allowances = new Map<string, Allowance>();
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The addresses that are remembered. */
  get addresses(): number {
    return this.#allowances.size;
  }

  /**
   * Counts a failed check and calls `refuse` at once or after the delay. Returns how the refusal stands: `now`, or `later` with a Disposable that drops it,
   * or `dropped` if too many refusals wait already, so that the caller should reset the stream.
   */
  note(peerAddress: string | undefined, refuse: () => void): FailedCheck {
    if (this.#spend(peerAddress === undefined ? "unix" : networkOf(peerAddress))) {
      refuse();
      return { type: "now" };
    }
    if (this.#waiting >= MAX_WAITING) return { type: "dropped" };
    this.#waiting += 1;
    let isWaiting = true;
    const leave = (): boolean => {
      const wasWaiting = isWaiting;
      if (wasWaiting) this.#waiting -= 1;
      isWaiting = false;
      return wasWaiting;
    };
    const timer = this.#clock.startTimer(DELAY_MS, () => {
      if (leave()) refuse();
    });
    const drop = (): boolean => {
      timer[Symbol.dispose]();
      return leave();
    };
    return { type: "later", drop };
  }

  #spend(network: string): boolean {
    const nowMs = this.#clock.nowMs();
    const before = this.#allowances.get(network);
    const gained = before === undefined ? BURST : before.left + ((nowMs - before.atMs) / 1_000) * PER_SECOND;
    const left = Math.min(gained, BURST) - 1;
    // The newest entries stand last.
    this.#allowances.delete(network);
    this.#allowances.set(network, { left: Math.max(left, -1), atMs: nowMs });
    if (this.#allowances.size > MAX_ADDRESSES) {
      const [oldest = ""] = this.#allowances.keys();
      this.#allowances.delete(oldest);
    }
    return left >= 0;
  }
}

/** The state of a refusal. `drop` returns whether the refusal still waited. */
export type FailedCheck =
  { readonly type: "now" } | { readonly type: "later"; readonly drop: () => boolean } | { readonly type: "dropped" };
