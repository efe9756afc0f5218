import type { AuditTrail } from "../core/audit.js";
import type { Logger } from "../telemetry/logger.js";

/** A part of the server that can read its files again while it serves. */
export interface ReloadablePart {
  /** The name for the log, such as "certificates". */
  readonly name: string;
  /**
   * Reads the files and uses them if they are valid. The old contents stay in use otherwise.
   * @throws Error with the file and the fault
   */
  reload(): Promise<void>;
}

/** The parts of the server that SIGHUP reloads, in the order in which they were added. Each part is reloaded even if another one fails. */
export class Reloads {
  readonly #log: Logger;
  readonly #parts = new Set<ReloadablePart>();
  #running: Promise<void> = Promise.resolve();
  #audit: AuditTrail | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Adds a part until the returned object is disposed. */
  add(part: ReloadablePart): Disposable {
    this.#parts.add(part);
    return { [Symbol.dispose]: () => void this.#parts.delete(part) };
  }

  /** Records each reload in the audit trail from now on. */
  recordTo(audit: AuditTrail): void {
    this.#audit = audit;
  }

  /** Reloads all parts, after the reload that runs already. It never rejects, and the log reports each part. */
  reloadAll(): Promise<void> {
    this.#running = this.#running.then(() => this.#reloadParts());
    return this.#running;
  }

  async #reloadParts(): Promise<void> {
    if (this.#parts.size === 0)
      this.#log.info({}, "SIGHUP reloads nothing because the server uses no file that it could read again");
    for (const part of [...this.#parts]) {
      try {
        await part.reload();
        this.#log.info({ part: part.name }, "reloaded");
        this.#audit?.record({ action: "reload", outcome: "done", target: part.name });
      } catch (err) {
        this.#log.error({ part: part.name, err }, "the reload failed, and the old contents stay in use");
        this.#audit?.record({ action: "reload", outcome: "failed", target: part.name });
      }
    }
  }
}
