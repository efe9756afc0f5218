/** Sees where texts end in a text that comes in bytes. Texts may be split over several pushes. */
export class BreakerWatch {
  /** One character a byte: bytes may be part of a code point. */
  readonly #breakers: readonly string[];
  readonly #keptLength: number;
  /** The last bytes, in which a breaker may have begun. */
  #kept = "";

  /** @param breakers not empty */
  constructor(breakers: readonly string[]) {
    this.#breakers = breakers.map((breaker) => Buffer.from(breaker).toString("latin1"));
    this.#keptLength = Math.max(0, ...this.#breakers.map(({ length }) => length - 1));
  }

  /** Whether these bytes hold one whole. */
  isWithin(bytes: Uint8Array): boolean {
    const text = Buffer.from(bytes).toString("latin1");
    return this.#breakers.some((breaker) => text.includes(breaker));
  }

  /** @returns whether one ends within these bytes */
  push(bytes: Uint8Array): boolean {
    const text = this.#kept + Buffer.from(bytes).toString("latin1");
    const keptLength = this.#kept.length;
    this.#kept = this.#keptLength === 0 ? "" : text.slice(-this.#keptLength);
    return this.#breakers.some((breaker) => text.includes(breaker, Math.max(0, keptLength - breaker.length + 1)));
  }
}
