import { collectGarbage } from "../../machine/memory.js";
import type { NativeSampler } from "./binding-internals.js";

/** The limit when idle: about 57 samplers of a vocabulary of 49,152. A collection takes some 20 ms. */
const IDLE_LIMIT_BYTES = 32 * 1024 * 1024;
/** The limit in any case: about 230 such samplers. The 20 ms are then one longer step in hundreds. */
const BUSY_LIMIT_BYTES = 128 * 1024 * 1024;
/** The bytes of each candidate in a sampler's array: id, logit, probability. */
const CANDIDATE_BYTES = 12;

/**
 * Keeps native samplers for use again and again. The memory of each, 12 bytes for each token of the vocabulary, is freed only by a full collection,
 * which takes 20 ms of the step loop. There are as many as were in use at one time: a few for each sequence.
 */
export class SamplerPool implements Disposable {
  readonly #create: () => NativeSampler;
  readonly #free: NativeSampler[] = [];
  readonly #lent = new Set<NativeSampler>();

  constructor(create: () => NativeSampler) {
    this.#create = create;
  }

  /** The number of samplers, in use or not. */
  get size(): number {
    return this.#free.length + this.#lent.size;
  }

  /** Takes a sampler that is as good as new. */
  take(): NativeSampler {
    const sampler = this.#free.pop() ?? this.#create();
    this.#lent.add(sampler);
    return sampler;
  }

  /** Gives a sampler back. Giving it back again does nothing. */
  giveBack(sampler: NativeSampler): void {
    if (!this.#lent.delete(sampler)) return;
    // This turns all off. A sampler starts its random numbers again only with a new seed, and one of these two seeds is new to it.
    sampler.applyConfig({ seed: 0 });
    sampler.applyConfig({ seed: 1 });
    this.#free.push(sampler);
  }

  /** Frees all samplers. Those in use must not sample any more. */
  [Symbol.dispose](): void {
    for (const sampler of [...this.#free.splice(0), ...this.#lent]) sampler.dispose();
    this.#lent.clear();
  }
}

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
