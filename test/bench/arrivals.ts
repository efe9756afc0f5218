import type { Observation } from "./driver.js";

/** Notes when text arrives on one stream. */
export class Arrivals {
  readonly #openedAtMs = performance.now();
  readonly #arrivedAtMs: number[] = [];
  #outputTokens = 0;

  /** To be called for each message with text. */
  note(tokens: number): void {
    this.#arrivedAtMs.push(performance.now());
    this.#outputTokens += tokens;
  }

  /** @throws Error where the count is not the one asked for: then the two sides did not do equal work. */
  observation(expectedTokens: number): Observation {
    if (this.#outputTokens !== expectedTokens) {
      throw new Error(`asked for ${String(expectedTokens)} tokens, received ${String(this.#outputTokens)}`);
    }
    const times = this.#arrivedAtMs;
    return {
      outputTokens: this.#outputTokens,
      firstTokenMs: (times[0] ?? 0) - this.#openedAtMs,
      totalMs: performance.now() - this.#openedAtMs,
      gapsMs: times.slice(1).map((time, index) => time - (times[index] ?? 0)),
    };
  }
}
