import type { Clock } from "../sync/clock.js";

/** The rest after a page, as a multiple of the time that the page took. Pages thus take at most a fifth of the main thread, whatever the demand. */
const REST_FACTOR = 4;

/** Renders one page for all requests of one turn of the event loop, and for those during the rest after a page. A page is never older than its request. */
export class SharedPage {
  readonly #render: () => Promise<string>;
  readonly #clock: Clock;
  #next: Promise<string> | undefined;
  #restsUntilMs = -Infinity;

  constructor(render: () => Promise<string>, clock: Clock) {
    this.#render = render;
    this.#clock = clock;
  }

  /** @throws any error of `render` */
  ask(): Promise<string> {
    this.#next ??= this.#make();
    return this.#next;
  }

  async #make(): Promise<string> {
    const restMs = this.#restsUntilMs - this.#clock.nowMs();
    await new Promise<void>((resolve) => {
      if (restMs > 0) this.#clock.startTimer(restMs, resolve);
      else setImmediate(resolve);
    });
    this.#next = undefined;
    const startedMs = this.#clock.nowMs();
    try {
      return await this.#render();
    } finally {
      const endedMs = this.#clock.nowMs();
      this.#restsUntilMs = endedMs + REST_FACTOR * (endedMs - startedMs);
    }
  }
}
