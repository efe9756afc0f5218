import { GenerationError } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";

/** When a reader counts as too slow. */
export interface ReaderRule {
  /** One message not taken for so long. */
  readonly stallMs: number;
  /** Less text than this taken in so much time, all of it with text waiting; undefined: only the stall counts. */
  readonly trickle: { readonly bytesPerSecond: number; readonly windowMs: number } | undefined;
}

/** The server's two rules, for a caller that gave no limit of its own. */
export function defaultReaderRule(limits: Limits): ReaderRule {
  return {
    stallMs: limits.slowReaderStallMs,
    trickle: { bytesPerSecond: limits.slowReaderBytesPerSecond, windowMs: limits.slowReaderWindowMs },
  };
}

/** A caller's own limit replaces both. */
export function stallRule(stallMs: number): ReaderRule {
  return { stallMs, trickle: undefined };
}

/**
 * Holds one stream's reader to its rule. Counts only the time in which a message with text was waiting for the reader: a reader that keeps up
 * is never measured, however slow the model is.
 */
export class ReaderMeter {
  readonly #rule: ReaderRule;
  #waitedMs = 0;
  #takenBytes = 0;

  constructor(rule: ReaderRule) {
    this.#rule = rule;
  }

  /** How long a message with so much text may wait before the reader is too slow. */
  patienceMs(textBytes: number): number {
    const { stallMs, trickle } = this.#rule;
    if (trickle === undefined || textBytes === 0) return stallMs;
    return Math.min(stallMs, Math.max(trickle.windowMs - this.#waitedMs, 0));
  }

  /** The reader took a message with so much text after it had waited for so long. */
  took(textBytes: number, waitedMs: number): void {
    const { trickle } = this.#rule;
    if (trickle === undefined || textBytes === 0) return;
    this.#waitedMs += waitedMs;
    this.#takenBytes += textBytes;
    if (this.#takenBytes < (trickle.bytesPerSecond * trickle.windowMs) / 1000) return;
    // Fast enough: a new window begins.
    this.#waitedMs = 0;
    this.#takenBytes = 0;
  }

  /** The error that ends the stream once a message's patience is over. */
  slowReader(patienceMs: number): GenerationError {
    const { stallMs, trickle } = this.#rule;
    if (trickle === undefined || patienceMs >= stallMs) {
      return new GenerationError("SLOW_READER", `the reader took nothing for ${stallMs} ms`, {
        facts: { limit_ms: String(stallMs) },
      });
    }
    const { bytesPerSecond, windowMs } = trickle;
    const pace = `the reader took under ${bytesPerSecond} bytes of text a second over ${windowMs} ms`;
    return new GenerationError("SLOW_READER", pace, {
      facts: { limit_bytes_per_second: String(bytesPerSecond), window_ms: String(windowMs) },
    });
  }
}
