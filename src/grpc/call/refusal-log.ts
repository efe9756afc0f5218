import type { GenerationError } from "../../core/generation-error.js";
import type { Clock } from "../../sync/clock.js";
import { printableText } from "../../telemetry/log-text.js";
import type { Logger } from "../../telemetry/logger.js";

/** The window in which the first refusal of each reason is logged in full and the others are counted. */
const WINDOW_MS = 5_000;

/** The most invalid fields that a line names. */
const MAX_FIELDS = 8;
const MAX_FIELD_CHARACTERS = 128;

interface Window {
  readonly timer: Disposable;
  /** The refusals after the first one. */
  more: number;
}

/**
 * Counts refused calls by reason, and logs them at level info. A storm of refusals costs two lines per window and reason: the first call in full, and the number of the others
 * at the end of the window. It holds one entry per reason, and reasons are a closed set. Runs on the main thread, one per server.
 */
export class RefusalLog implements Disposable {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #windows = new Map<string, Window>();
  readonly #counts = new Map<string, number>();

  constructor({ clock, log }: { clock: Clock; log: Logger }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** The refusals since the start, by reason. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** @param describe returns further fields of the line, bounded and without content. It is called only if the line is written. */
  note(reason: string, describe: () => object): void {
    this.count(reason);
    const window = this.#windows.get(reason);
    if (window !== undefined) {
      window.more += 1;
      return;
    }
    this.#windows.set(reason, { more: 0, timer: this.#clock.startTimer(WINDOW_MS, () => this.#close(reason)) });
    this.#log.info({ reason, ...describe() }, "call refused");
  }

  /** Counts a refusal whose log line is somebody else's. */
  count(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** Logs the refusals that were only counted so far. */
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

/** The facts of an error that a line has: the paths of the invalid fields, and the facts that are numbers. Neither holds content of the call. */
export function describeError({ violations, facts }: GenerationError): object {
  const fields = violations
    .slice(0, MAX_FIELDS)
    .map(({ field }) => printableText(field.slice(0, MAX_FIELD_CHARACTERS)));
  const numbers = Object.entries(facts).filter(([, fact]) => /^-?\d+(?:\.\d+)?$/.test(fact));
  return {
    ...(fields.length === 0 ? {} : { fields }),
    ...(numbers.length === 0 ? {} : { facts: Object.fromEntries(numbers) }),
  };
}
