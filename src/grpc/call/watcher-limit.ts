import { GenerationError } from "../../core/generation-error.js";

/** A bounded number of places for streams that go on for ever. */
export class WatcherLimit {
  readonly #max: number;
  readonly #what: string;
  #taken = 0;

  /** @param what who sits there, for the refusal */
  constructor(max: number, what: string) {
    this.#max = max;
    this.#what = what;
  }

  /** A place until it is disposed. @throws GenerationError TOO_MANY_WATCHERS */
  take(): Disposable {
    if (this.#taken >= this.#max) {
      throw new GenerationError("TOO_MANY_WATCHERS", `the server has ${this.#max} ${this.#what}, its max`, {
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
