import { GenerationError } from "../../core/generation-error.js";

/** Bounds the number of concurrent streams that have no end of their own. */
export class WatcherLimit {
  readonly #max: number;
  readonly #what: string;
  #taken = 0;

  /** @param what the name of the streams, for the refusal */
  constructor(max: number, what: string) {
    this.#max = max;
    this.#what = what;
  }

  /**
   * Counts a stream until the result is disposed.
   * @throws GenerationError TOO_MANY_WATCHERS
   */
  take(): Disposable {
    if (this.#taken >= this.#max) {
      throw new GenerationError("TOO_MANY_WATCHERS", `the server has ${this.#max} ${this.#what}, which is its limit`, {
        facts: { max_watchers: String(this.#max) },
      });
    }
    this.#taken++;
    return {
      [Symbol.dispose]: () => {
        this.#taken--;
      },
    };
  }
}
