import { collectGarbage } from "../../machine/memory.js";

/** The limit when idle: about 57 samplers of a vocabulary of 49,152. A collection takes some 20 ms. */
const IDLE_LIMIT_BYTES = 32 * 1024 * 1024;
/** The limit in any case: about 230 such samplers. The 20 ms are then one longer step in hundreds. */
const BUSY_LIMIT_BYTES = 128 * 1024 * 1024;
/** The bytes of each candidate in a sampler's array: id, logit, probability. */
const CANDIDATE_BYTES = 12;

/**
 * Frees native memory that only the finalizers of the binding's objects free. V8 does not see that memory and so never collects in time. It takes a
 * full collection, since a minor one leaves such objects.
 */
export class NativeGarbage {
  readonly #collect: () => void;
  #bytes = 0;

  /** @param collect a full garbage collection; default: V8's */
  constructor(collect: () => void = collectGarbage) {
    this.#collect = collect;
  }

  /** Counts the native memory of an object that was made or let go of, and sooner or later is garbage. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** @param idle whether nobody waits for the next step */
  tidy(idle: boolean): void {
    if (this.#bytes < (idle ? IDLE_LIMIT_BYTES : BUSY_LIMIT_BYTES)) return;
    this.#collect();
    this.#bytes = 0;
  }
}

/**
 * Frees the memory of samplers. The binding makes one for each generation and each prompt chunk. Its candidate array of 12 bytes for each token of
 * the vocabulary (0.57 MiB at 49,152) is freed by the object's finalizer alone: 2,520 short generations grew by 1.4 GB.
 */
export class SamplerGarbage {
  readonly #samplerBytes: number;
  readonly #garbage: NativeGarbage;

  /** @param collect a full garbage collection; default: V8's */
  constructor(vocabularySize: number, collect?: () => void) {
    this.#samplerBytes = vocabularySize * CANDIDATE_BYTES;
    this.#garbage = new NativeGarbage(collect);
  }

  /** Counts a sampler that was made, and sooner or later is garbage. */
  add(): void {
    this.#garbage.add(this.#samplerBytes);
  }

  /** @param idle whether nobody waits for the next step */
  tidy(idle: boolean): void {
    this.#garbage.tidy(idle);
  }
}
