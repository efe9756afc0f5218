import type { Clock } from "../sync/clock.js";

/** Between two pages, how many times as long as the last one took: pages take at most a fifth of the main thread, however many ask for them. */
const REST_FACTOR = 4;

/** Makes one page for all who ask in the same turn of the event loop, or while it rests from the page before. A page is never older than the request for it. */
export class SharedPage {
  readonly #render: () => Promise<string>;
  readonly #clock: Clock;
  #next: Promise<string> | undefined;
  #restsUntilMs = -Infinity;

  constructor(render: () => Promise<string>, clock: Clock) {
    this.#render = render;
    this.#clock = clock;
  }

  /** @throws what `render` throws */
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
