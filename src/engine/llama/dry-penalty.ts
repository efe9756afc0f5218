import type { Dry } from "../../core/generation-request.js";

interface DryPenaltyOptions {
  readonly dry: Dry;
  readonly tokenBytes: (tokenId: number) => Uint8Array;
}

/**
 * The contract's DRY penalty over the tokens of one run. The binding's own penalty begins with an empty history, which would forget the tokens before
 * a preemption. Each token costs one pass over the window.
 */
export class DryPenalty {
  readonly #dry: Dry;
  readonly #tokenBytes: (tokenId: number) => Uint8Array;
  readonly #breakers: BreakerWatch;
  readonly #tokens: number[] = [];
  /**
   * At i: the length of the longest row that ends with token i and equals the end of all tokens. It is exact within the window, and no more of it is
   * counted.
   */
  readonly #matches: number[] = [];
  #tokensSinceBreaker = 0;

  constructor({ dry, tokenBytes }: DryPenaltyOptions) {
    this.#dry = dry;
    this.#tokenBytes = tokenBytes;
    this.#breakers = new BreakerWatch(dry.sequenceBreakers);
  }

  /** Takes the next token of input or output. */
  push(tokenId: number): void {
    const count = this.#tokens.length;
    const start = this.#windowStart(count + 1);
    // The pass runs backwards, since each match builds on the old one of its neighbour before it.
    for (let index = count - 1; index >= start; index--) {
      const before = index > start ? (this.#matches[index - 1] ?? 0) : 0;
      this.#matches[index] = this.#tokens[index] === tokenId ? before + 1 : 0;
    }
    this.#tokens.push(tokenId);
    this.#matches.push(0);
    this.#tokensSinceBreaker = this.#breakers.push(this.#tokenBytes(tokenId)) ? 0 : this.#tokensSinceBreaker + 1;
  }

  /** The penalty on the logit of each token that would lengthen a repeat. */
  penalties(): ReadonlyMap<number, number> {
    const { multiplier, base, allowedLength } = this.#dry;
    const penalties = new Map<number, number>();
    for (const [tokenId, length] of this.#repeats()) {
      if (length < allowedLength || this.#breakers.isWithin(this.#tokenBytes(tokenId))) continue;
      penalties.set(tokenId, multiplier * base ** (length - allowedLength));
    }
    return penalties;
  }

  /** For each token that once followed the last tokens: the largest number of these tokens that came before it. */
  #repeats(): ReadonlyMap<number, number> {
    const longest = new Map<number, number>();
    const start = this.#windowStart(this.#tokens.length);
    for (let index = start; index < this.#tokens.length - 1; index++) {
      const length = Math.min(this.#matches[index] ?? 0, index - start + 1, this.#tokensSinceBreaker);
      const next = this.#tokens[index + 1];
      if (next !== undefined && length > (longest.get(next) ?? 0)) longest.set(next, length);
    }
    return longest;
  }

  #windowStart(count: number): number {
    return Math.max(0, count - this.#dry.window);
  }
}

/** Finds sequence breakers in text that comes in bytes. A breaker may be split over several pushes. */
class BreakerWatch {
  /** The breakers with one character for each byte, since pushed bytes may be part of a code point. */
  readonly #breakers: readonly string[];
  readonly #keptLength: number;
  /** The last bytes, in which a breaker may have begun. */
  #kept = "";

  /** @param breakers not empty */
  constructor(breakers: readonly string[]) {
    this.#breakers = breakers.map((breaker) => Buffer.from(breaker).toString("latin1"));
    this.#keptLength = Math.max(0, ...this.#breakers.map(({ length }) => length - 1));
  }

  /** Whether these bytes contain a whole breaker. */
  isWithin(bytes: Uint8Array): boolean {
    const text = Buffer.from(bytes).toString("latin1");
    return this.#breakers.some((breaker) => text.includes(breaker));
  }

  /** @returns whether a breaker ends within these bytes */
  push(bytes: Uint8Array): boolean {
    const text = this.#kept + Buffer.from(bytes).toString("latin1");
    const keptLength = this.#kept.length;
    this.#kept = this.#keptLength === 0 ? "" : text.slice(-this.#keptLength);
    return this.#breakers.some((breaker) => text.includes(breaker, Math.max(0, keptLength - breaker.length + 1)));
  }
}
