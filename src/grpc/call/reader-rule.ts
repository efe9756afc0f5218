import { GenerationError } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";

/** The rule by which a reader counts as too slow. */
export interface ReaderRule {
  /** The longest time that one message may wait for the reader. */
  readonly stallMs: number;
  /** The least text that the reader must take in a window while text waits, or undefined if only the stall counts. */
  readonly trickle: { readonly bytesPerSecond: number; readonly windowMs: number } | undefined;
}

/** The server's rule for callers that give no limit. */
export function defaultReaderRule(limits: Limits): ReaderRule {
  return {
    stallMs: limits.slowReaderStallMs,
    trickle: { bytesPerSecond: limits.slowReaderBytesPerSecond, windowMs: limits.slowReaderWindowMs },
  };
}

/** The rule of a caller's own limit, which replaces the server's rule. */
export function stallRule(stallMs: number): ReaderRule {
  return { stallMs, trickle: undefined };
}

/**
 * Applies the rule to the reader of one stream. It counts only time in which a message with text waits for the reader, so a reader that keeps up is
 * never measured, however slow the model is.
 */
export class ReaderMeter {
  readonly #rule: ReaderRule;
  #waitedMs = 0;
  #takenBytes = 0;

  constructor(rule: ReaderRule) {
    this.#rule = rule;
  }

  /** How long a message with this much text may wait before the reader is too slow. */
  patienceMs(textBytes: number): number {
    const { stallMs, trickle } = this.#rule;
    if (trickle === undefined || textBytes === 0) return stallMs;
    return Math.min(stallMs, Math.max(trickle.windowMs - this.#waitedMs, 0));
  }

  /** Records that the reader took a message with this much text after this wait. */
  took(textBytes: number, waitedMs: number): void {
    const { trickle } = this.#rule;
    if (trickle === undefined || textBytes === 0) return;
    this.#waitedMs += waitedMs;
    this.#takenBytes += textBytes;
    if (this.#takenBytes < (trickle.bytesPerSecond * trickle.windowMs) / 1000) return;
    // The reader is fast enough, and a new window begins.
    this.#waitedMs = 0;
    this.#takenBytes = 0;
  }

  /** The error that ends the stream when a message has waited for too long. */
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
