import { randomUUID } from "node:crypto";
import type { GenerationReport } from "../../core/generation-report.js";
import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import { RecentMap } from "../../sync/recent-map.js";
import type { GenerationRecord } from "./generation-record.js";

/** The name by which a caller means a generation. */
export type GenerationTarget = { readonly generationId: string } | { readonly requestId: string };

/** Returns an id that nobody can guess, because anyone who knows it may cancel the generation. It has 96 random bits and is safe in a URL. */
export function newGenerationId(): string {
  // Node draws the random bytes of many UUIDs at once. Three of the five parts have random digits only.
  const [first, second, , , last] = randomUUID().split("-");
  return `gen_${Buffer.from(`${first}${second}${last}`, "hex").toString("base64url")}`;
}

/** Every generation that has not ended, by its generation id and by its request id. */
export class GenerationRegistry implements Iterable<GenerationRecord> {
  readonly #byGenerationId = new Map<string, GenerationRecord>();
  readonly #byRequestId = new Map<string, GenerationRecord>();

  get size(): number {
    return this.#byGenerationId.size;
  }

  add(record: GenerationRecord): void {
    const { generationId, requestId } = record.identity;
    this.#byGenerationId.set(generationId, record);
    if (requestId !== undefined) this.#byRequestId.set(requestId, record);
  }

  /** Frees both of the generation's ids. */
  remove(record: GenerationRecord): void {
    const { generationId, requestId } = record.identity;
    this.#byGenerationId.delete(generationId);
    if (requestId !== undefined) this.#byRequestId.delete(requestId);
  }

  find(target: GenerationTarget): GenerationRecord | undefined {
    return "generationId" in target
      ? this.#byGenerationId.get(target.generationId)
      : this.#byRequestId.get(target.requestId);
  }

  /** In the order in which they were opened. */
  [Symbol.iterator](): IterableIterator<GenerationRecord> {
    return this.#byGenerationId.values();
  }
}

/** The bytes of an entry without its names and labels, as measured on V8's heap. */
const ENTRY_BYTES = 800;
/** The bytes of a string or a map entry beside its text. */
const TEXT_BYTES = 32;

/** The reports of generations that have ended, oldest end first. The ledger is bounded in entries, age and bytes. */
export class GenerationLedger {
  readonly #reports: RecentMap<GenerationReport>;
  /** The id of the newest generation with each request id. */
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

  /** An upper estimate. */
  get bytes(): number {
    return this.#reports.bytes;
  }

  /** Adds the report of a generation that has just ended. */
  add(report: GenerationReport): void {
    const { generationId, requestId } = report;
    if (requestId !== undefined) this.#generationIds.set(requestId, generationId);
    this.#reports.add(generationId, report, weigh(report));
  }

  /** Replaces the report of a generation that is still in the ledger, and leaves its age as it is. Does nothing for any other generation. */
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

/** V8 stores a text with one or two bytes per code unit. */
function weighText(text: string): number {
  return TEXT_BYTES + 2 * text.length;
}
