import { randomUUID } from "node:crypto";
import type { GenerationRecord } from "./generation-record.js";

/** Which generation a caller means. */
export type GenerationTarget = { readonly generationId: string } | { readonly requestId: string };

/** A name that nobody can guess: knowing it is what allows to cancel. 96 random bits, safe in a URL. */
export function newGenerationId(): string {
  // Node draws the randomness of many UUIDs at once. Three of the five parts have nothing but random digits.
  const [first, second, , , last] = randomUUID().split("-");
  return `gen_${Buffer.from(`${first}${second}${last}`, "hex").toString("base64url")}`;
}

/** Every generation that has not ended, by either of its names. */
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

  /** Both names are free again. */
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
