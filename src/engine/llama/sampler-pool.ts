import type { NativeSampler } from "./binding-internals.js";

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
