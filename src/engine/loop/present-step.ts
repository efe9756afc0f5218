import type { Clock } from "../../sync/clock.js";

/** The step that the engine is at, if it is at one. Lives on the inference worker. */
export class PresentStep {
  readonly #clock: Clock;
  #begun = 0;
  #startedMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counted from 1; undefined between two steps. */
  get number(): number | undefined {
    return this.#startedMs === undefined ? undefined : this.#begun;
  }

  /** How long it has been running; 0 between two steps. */
  get ageMs(): number {
    return this.#startedMs === undefined ? 0 : this.#clock.nowMs() - this.#startedMs;
  }

  begin(): void {
    this.#begun += 1;
    this.#startedMs = this.#clock.nowMs();
  }

  /** @returns how long it took */
  end(): number {
    const { ageMs } = this;
    this.#startedMs = undefined;
    return ageMs;
  }
}
