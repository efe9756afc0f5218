import { NativeGarbage } from "./native-garbage.js";

/** Of each candidate in a sampler's array: id, logit, probability. */
const CANDIDATE_BYTES = 12;

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
