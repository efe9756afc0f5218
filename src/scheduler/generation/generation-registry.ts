import { randomUUID } from "node:crypto";
import type { GenerationReport } from "../../core/generation-report.js";
import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import { RecentMap } from "../../sync/recent-map.js";
import type { GenerationRecord } from "./generation-record.js";

/** The name by which a caller means a generation. A request id is always one of the caller's own tenant. */
export type GenerationTarget = { readonly generationId: string } | { readonly requestId: string };

/** The caller as far as it decides which generations there are for it. */
export interface GenerationViewer {
  readonly tenant: string;
  /** Whether it may name the generations of every tenant by their generation ids. Other tenants' generations do not exist for it otherwise. */
  readonly everyTenant: boolean;
}

/** Returns an id that nobody can guess, because anyone who knows it may cancel the generation. It has 96 random bits and is safe in a URL. */
export function newGenerationId(): string {
  // Node draws the random bytes of many UUIDs at once. Three of the five parts have random digits only.
  const [first, second, , , last] = randomUUID().split("-");
  return `gen_${Buffer.from(`${first}${second}${last}`, "hex").toString("base64url")}`;
}

/** Every generation that has not ended, by its generation id, and by its tenant and request id. */
export class GenerationRegistry implements Iterable<GenerationRecord> {
  readonly #byGenerationId = new Map<string, GenerationRecord>();
  readonly #byRequestId = new Map<string, GenerationRecord>();

  get size(): number {
    return this.#byGenerationId.size;
  }

  add(record: GenerationRecord): void {
    const { generationId, tenant, requestId } = record.identity;
    this.#byGenerationId.set(generationId, record);
    if (requestId !== undefined) this.#byRequestId.set(ownKey(tenant, requestId), record);
  }

  /** Frees both of the generation's ids. */
  remove(record: GenerationRecord): void {
    const { generationId, tenant, requestId } = record.identity;
    this.#byGenerationId.delete(generationId);
    if (requestId !== undefined) this.#byRequestId.delete(ownKey(tenant, requestId));
  }

  find(target: GenerationTarget, viewer: GenerationViewer): GenerationRecord | undefined {
    if ("requestId" in target) return this.#byRequestId.get(ownKey(viewer.tenant, target.requestId));
    const record = this.#byGenerationId.get(target.generationId);
    return record !== undefined && isVisible(record.identity, viewer) ? record : undefined;
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
  /** The id of the newest generation with each request id of each tenant. */
  readonly #generationIds = new Map<string, string>();

  constructor(limits: Pick<Limits, "ledgerEntries" | "ledgerAgeMs" | "ledgerBytes">, clock: Clock) {
    this.#reports = new RecentMap({
      maxEntries: limits.ledgerEntries,
      maxAgeMs: limits.ledgerAgeMs,
      maxBytes: limits.ledgerBytes,
      clock,
      onForgotten: (generationId, { tenant, requestId }) => {
        if (requestId === undefined) return;
        const key = ownKey(tenant, requestId);
        if (this.#generationIds.get(key) === generationId) this.#generationIds.delete(key);
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
    const { generationId, tenant, requestId } = report;
    if (requestId !== undefined) this.#generationIds.set(ownKey(tenant, requestId), generationId);
    this.#reports.add(generationId, report, weigh(report));
  }

  /** Replaces the report of a generation that is still in the ledger, and leaves its age as it is. Does nothing for any other generation. */
  correct(report: GenerationReport): void {
    this.#reports.replace(report.generationId, report);
  }

  find(target: GenerationTarget, viewer: GenerationViewer): GenerationReport | undefined {
    const isOwn = "requestId" in target;
    const id = isOwn ? this.#generationIds.get(ownKey(viewer.tenant, target.requestId)) : target.generationId;
    const report = id === undefined ? undefined : this.#reports.find(id);
    return report !== undefined && isVisible(report, viewer) ? report : undefined;
  }
}

function isVisible({ tenant }: { readonly tenant: string }, viewer: GenerationViewer): boolean {
  return viewer.everyTenant || tenant === viewer.tenant;
}

/** The key of a tenant's request id. The same request id of two tenants means two generations. */
function ownKey(tenant: string, requestId: string): string {
  return JSON.stringify([tenant, requestId]);
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
