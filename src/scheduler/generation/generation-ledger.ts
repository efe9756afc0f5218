import type { GenerationReport } from "../../core/generation-report.js";
import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import { RecentMap } from "../../sync/recent-map.js";
import type { GenerationTarget } from "./generation-registry.js";

/** What an entry takes without its names and labels: measured on V8's heap. */
const ENTRY_BYTES = 800;
/** A string's or map entry's own weight beside its text. */
const TEXT_BYTES = 32;

/** What is known of generations that have ended, oldest end first. Bounded in entries, age and bytes. */
export class GenerationLedger {
  readonly #reports: RecentMap<GenerationReport>;
  /** The newest of each request id. */
  readonly #generationIds = new Map<string, string>();

  constructor(limits: Pick<Limits, "ledgerEntries" | "ledgerAgeMs" | "ledgerBytes">, clock: Clock) {
    this.#reports = new RecentMap({
      maxEntries: limits.ledgerEntries,
      maxAgeMs: limits.ledgerAgeMs,
      maxBytes: limits.ledgerBytes,
      clock,
      onForgotten: (generationId, { requestId }) => {
        if (requestId !== undefined && this.#generationIds.get(requestId) === generationId) {
          this.#generationIds.delete(requestId);
        }
      },
    });
  }

  get size(): number {
    return this.#reports.size;
  }

  /** An estimate, from above. */
  get bytes(): number {
    return this.#reports.bytes;
  }

  /** Of a generation that has ended just now. */
  add(report: GenerationReport): void {
    const { generationId, requestId } = report;
    if (requestId !== undefined) this.#generationIds.set(requestId, generationId);
    this.#reports.add(generationId, report, weigh(report));
  }

  /** The news of one that is known still; nothing otherwise. It does not become younger by it. */
  correct(report: GenerationReport): void {
    this.#reports.replace(report.generationId, report);
  }

  find(target: GenerationTarget): GenerationReport | undefined {
    const id = "generationId" in target ? target.generationId : this.#generationIds.get(target.requestId);
    return id === undefined ? undefined : this.#reports.find(id);
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
