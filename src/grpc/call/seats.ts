import { GenerationError } from "../../core/generation-error.js";

/** A bounded number of places for streams that go on for ever. */
export class Seats {
  readonly #most: number;
  readonly #what: string;
  #taken = 0;

  /** @param what who sits there, for the refusal */
  constructor(most: number, what: string) {
    this.#most = most;
    this.#what = what;
  }

  /** A place until it is disposed. @throws GenerationError TOO_MANY_WATCHERS */
  take(): Disposable {
    if (this.#taken >= this.#most) {
      throw new GenerationError("TOO_MANY_WATCHERS", `the server has ${this.#most} ${this.#what}, its most`, {
        facts: { max_watchers: String(this.#most) },
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
