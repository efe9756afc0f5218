import type { Logger } from "./logger.js";

export interface RareWarningOptions {
  readonly log: Logger;
  /** The time, which is monotonic. */
  readonly nowMs: () => number;
  readonly intervalMs: number;
}

/** A warning whose cause may recur thousands of times a second. It is logged the first time, and then at most once in each interval. */
export class RareWarning {
  readonly #options: RareWarningOptions;
  #dueMs = -Infinity;

  constructor(options: RareWarningOptions) {
    this.#options = options;
  }

  /** @param fields called only if the line is written */
  warn(fields: () => object, message: string): void {
    const { log, nowMs, intervalMs } = this.#options;
    const now = nowMs();
    if (now < this.#dueMs) return;
    this.#dueMs = now + intervalMs;
    log.warn(fields(), message);
  }
}
