const MINUTE_MS = 60_000;

/**
 * A quota of tokens a minute. The bucket begins full with the tokens of one minute, and fills evenly. More may be taken than it holds, and it fills from
 * below zero then. The size is given with each call, because it may change.
 */
export class TokenBucket {
  #level: number | undefined;
  #filledAtMs = 0;

  /** The tokens that are left; below 0 if more were taken than there were. */
  left(size: number, nowMs: number): number {
    const passedMs = nowMs - this.#filledAtMs;
    this.#level = Math.min(size, (this.#level ?? size) + (passedMs * size) / MINUTE_MS);
    this.#filledAtMs = nowMs;
    return this.#level;
  }

  /** Returns whether nothing is missing. @param size undefined: there is no quota at present. */
  isFull(size: number | undefined, nowMs: number): boolean {
    return size === undefined || this.left(size, nowMs) >= size;
  }

  /** @param tokens below 0 gives tokens back. */
  take(tokens: number, size: number, nowMs: number): void {
    this.#level = Math.min(size, this.left(size, nowMs) - tokens);
  }

  /** The time after which this number of tokens is left. */
  msUntil(tokens: number, size: number, nowMs: number): number {
    return Math.max(0, Math.ceil(((tokens - this.left(size, nowMs)) * MINUTE_MS) / size));
  }
}
