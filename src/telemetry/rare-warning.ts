import type { Logger } from "./logger.js";

export interface RareWarningOptions {
  readonly log: Logger;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly intervalMs: number;
}

/** A warning whose cause may come back thousands of times a second: it is logged at the first time, then at most once in each interval. */
export class RareWarning {
  readonly #options: RareWarningOptions;
  #dueMs = -Infinity;

  constructor(options: RareWarningOptions) {
    this.#options = options;
  }

  /** @param fields called only where the line is written */
  warn(fields: () => object, message: string): void {
    const { log, nowMs, intervalMs } = this.#options;
    const now = nowMs();
    if (now < this.#dueMs) return;
    this.#dueMs = now + intervalMs;
    log.warn(fields(), message);
  }
}
