import { collectGarbage } from "../../machine/collect-garbage.js";

/** When idle: about 57 samplers of a vocabulary of 49,152. A collection takes some 20 ms. */
const IDLE_LIMIT_BYTES = 32 * 1024 * 1024;
/** In any case: about 230 such samplers. Those 20 ms are then one longer step in hundreds. */
const BUSY_LIMIT_BYTES = 128 * 1024 * 1024;
/** Of each candidate in a sampler's array: id, logit, probability. */
const CANDIDATE_BYTES = 12;

/**
 * Frees native memory of the binding's objects that only their finalizers free: V8 does not see it and so never collects in time. A full collection
 * is needed; a minor one leaves them.
 */
export class NativeGarbage {
  readonly #collect: () => void;
  #bytes = 0;

  /** @param collect a full garbage collection; default: V8's */
  constructor(collect: () => void = collectGarbage) {
    this.#collect = collect;
  }

  /** Something with so much native memory was made, or let go of; sooner or later it is garbage. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** @param idle nobody waits for the next step */
  tidy(idle: boolean): void {
    if (this.#bytes < (idle ? IDLE_LIMIT_BYTES : BUSY_LIMIT_BYTES)) return;
    this.#collect();
    this.#bytes = 0;
  }
}

/**
 * Frees the memory of samplers. The binding makes one for each generation and each prompt chunk, with a candidate array of 12 bytes a token of the
 * vocabulary (0.57 MiB at 49,152) that only the object's finalizer frees: 2,520 short generations grew by 1.4 GB.
 */
export class SamplerGarbage {
  readonly #samplerBytes: number;
  readonly #garbage: NativeGarbage;

  /** @param collect a full garbage collection; default: V8's */
  constructor(vocabularySize: number, collect?: () => void) {
    this.#samplerBytes = vocabularySize * CANDIDATE_BYTES;
    this.#garbage = new NativeGarbage(collect);
  }

  /** A sampler was made; sooner or later it is garbage. */
  add(): void {
    this.#garbage.add(this.#samplerBytes);
  }

  /** @param idle nobody waits for the next step */
  tidy(idle: boolean): void {
    this.#garbage.tidy(idle);
  }
}
