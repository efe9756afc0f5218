import type { Clock } from "../../sync/clock.js";

/** The step in progress, if there is one. Lives on the inference worker. */
export class PresentStep {
  readonly #clock: Clock;
  #begun = 0;
  #startedMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The step's number, counted from 1; undefined between two steps. */
  get number(): number | undefined {
    return this.#startedMs === undefined ? undefined : this.#begun;
  }

  /** The time since the step began; 0 between two steps. */
  get ageMs(): number {
    return this.#startedMs === undefined ? 0 : this.#clock.nowMs() - this.#startedMs;
  }

  begin(): void {
    this.#begun += 1;
    this.#startedMs = this.#clock.nowMs();
  }

  /** @returns the ms that the step took */
  end(): number {
    const { ageMs } = this;
    this.#startedMs = undefined;
    return ageMs;
  }
}
