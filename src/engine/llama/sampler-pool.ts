import type { NativeSampler } from "./binding-internals.js";

/**
 * Native samplers for use again and again. The memory of each (12 bytes a token of the vocabulary) is freed only by V8's full collection, which takes
 * 20 ms of the step loop. There are as many as were in use at one time: a few for each sequence.
 */
export class SamplerPool implements Disposable {
  readonly #create: () => NativeSampler;
  readonly #free: NativeSampler[] = [];
  readonly #lent = new Set<NativeSampler>();

  constructor(create: () => NativeSampler) {
    this.#create = create;
  }

  /** How many there are, in use or not. */
  get size(): number {
    return this.#free.length + this.#lent.size;
  }

  /** One that is as good as new. */
  take(): NativeSampler {
    const sampler = this.#free.pop() ?? this.#create();
    this.#lent.add(sampler);
    return sampler;
  }

  /** Doing so again does nothing. */
  giveBack(sampler: NativeSampler): void {
    if (!this.#lent.delete(sampler)) return;
    // All is off then. One of the two seeds is not the one it had: only a new seed makes the random numbers begin again.
    sampler.applyConfig({ seed: 0 });
    sampler.applyConfig({ seed: 1 });
    this.#free.push(sampler);
  }

  /** Frees all. Those in use must not draw any more. */
  [Symbol.dispose](): void {
    for (const sampler of [...this.#free.splice(0), ...this.#lent]) sampler.dispose();
    this.#lent.clear();
  }
}
