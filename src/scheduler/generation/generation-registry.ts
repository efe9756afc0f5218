import type { GenerationTarget } from "./generation-identity.js";
import type { GenerationRecord } from "./generation-record.js";

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
