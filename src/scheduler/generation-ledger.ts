import type { GenerationReport } from "../core/generation-report.js";
import type { Limits } from "../core/limits.js";
import type { Clock } from "../sync/clock.js";
import type { GenerationTarget } from "./generation-registry.js";

/** What an entry takes without its names and labels: measured with V8's heap. */
const ENTRY_BYTES = 800;
/** A string's or map entry's own weight beside its text. */
const TEXT_BYTES = 32;

interface LedgerEntry {
  report: GenerationReport;
  readonly endedAtMs: number;
  readonly bytes: number;
}

/**
 * What is known of generations that have ended, oldest end first. Bounded in entries, age and bytes: whoever adds or asks drops what is over, the
 * oldest first, each in O(1).
 */
export class GenerationLedger {
  readonly #limits: Pick<Limits, "ledgerEntries" | "ledgerAgeMs" | "ledgerBytes">;
  readonly #clock: Clock;
  readonly #entries = new Map<string, LedgerEntry>();
  /** The newest of each request id. */
  readonly #generationIds = new Map<string, string>();
  #bytes = 0;

  constructor(limits: Pick<Limits, "ledgerEntries" | "ledgerAgeMs" | "ledgerBytes">, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** An estimate, from above. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of a generation that has ended just now. */
  add(report: GenerationReport): void {
    const { generationId, requestId } = report;
    const entry = { report, endedAtMs: this.#clock.nowMs(), bytes: weigh(report) };
    this.#entries.set(generationId, entry);
    if (requestId !== undefined) this.#generationIds.set(requestId, generationId);
    this.#bytes += entry.bytes;
    this.#dropOld();
  }

  /** The news of one that is known still; nothing otherwise. It does not become younger by it. */
  correct(report: GenerationReport): void {
    const entry = this.#entries.get(report.generationId);
    if (entry !== undefined) entry.report = report;
  }

  find(target: GenerationTarget): GenerationReport | undefined {
    this.#dropOld();
    const id = "generationId" in target ? target.generationId : this.#generationIds.get(target.requestId);
    return id === undefined ? undefined : this.#entries.get(id)?.report;
  }

  #dropOld(): void {
    const { ledgerEntries, ledgerAgeMs, ledgerBytes } = this.#limits;
    const bornMs = this.#clock.nowMs() - ledgerAgeMs;
    for (const [generationId, { report, endedAtMs, bytes }] of this.#entries) {
      if (endedAtMs > bornMs && this.#entries.size <= ledgerEntries && this.#bytes <= ledgerBytes) return;
      this.#entries.delete(generationId);
      this.#bytes -= bytes;
      const { requestId } = report;
      if (requestId !== undefined && this.#generationIds.get(requestId) === generationId) {
        this.#generationIds.delete(requestId);
      }
    }
  }
}

function weigh({ requestId = "", labels }: GenerationReport): number {
  let bytes = ENTRY_BYTES + weighText(requestId);
  for (const [key, value] of labels) bytes += weighText(key) + weighText(value) + TEXT_BYTES;
  return bytes;
}

/** V8 keeps a text in one or two bytes a unit. */
function weighText(text: string): number {
  return TEXT_BYTES + 2 * text.length;
}
