import type { Clock } from "../../sync/clock.js";
import type { Logger } from "../../telemetry/logger.js";

/** The first refusal of each reason in this time is logged whole; the others are counted. */
const WINDOW_MS = 5_000;

interface Window {
  readonly timer: Disposable;
  /** Refusals after the first. */
  more: number;
}

/**
 * Logs refused calls, at info, so that a storm of them costs the log two lines a window and reason: the first call with all that is known of it, and the
 * number of the others when the window is over. Holds one entry a reason, and reasons are a closed set. Main thread; one for the server.
 */
export class RefusalLog implements Disposable {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #windows = new Map<string, Window>();

  constructor({ clock, log }: { clock: Clock; log: Logger }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** @param describe the line's fields beside the reason; called only where the line is written. Never content, and bounded. */
  note(reason: string, describe: () => object): void {
    const window = this.#windows.get(reason);
    if (window !== undefined) {
      window.more += 1;
      return;
    }
    this.#windows.set(reason, { more: 0, timer: this.#clock.startTimer(WINDOW_MS, () => this.#close(reason)) });
    this.#log.info({ reason, ...describe() }, "call refused");
  }

  /** Tells what was only counted so far. */
  [Symbol.dispose](): void {
    for (const reason of [...this.#windows.keys()]) this.#close(reason);
  }

  #close(reason: string): void {
    const window = this.#windows.get(reason);
    if (window === undefined) return;
    window.timer[Symbol.dispose]();
    this.#windows.delete(reason);
    if (window.more > 0) this.#log.info({ reason, calls: window.more, windowMs: WINDOW_MS }, "more calls refused");
  }
}
