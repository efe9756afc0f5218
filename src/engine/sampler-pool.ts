import { getModuleVersion, type LlamaModel } from "node-llama-cpp";

/** The release whose insides are known here. */
const KNOWN_VERSION = "3.22.1";

/** The binding's native sampler: its configuration, random numbers and a candidate array as long as the vocabulary. */
interface NativeSampler {
  /** Makes anew what differs from before; what is left out is off. */
  applyConfig(config: { readonly seed: number }): void;
  dispose(): void;
}

interface NativeSamplerClass {
  readonly prototype: NativeSampler;
  new (model: unknown): NativeSampler;
}

/** What the binding does not declare. */
interface Insides {
  readonly bindings: { AddonSampler: NativeSamplerClass };
  readonly model: unknown;
}

/**
 * Lets the binding's native samplers be used again and again. It makes one for each generation and each prompt chunk, and the memory of each
 * (12 bytes a token of the vocabulary) is freed only by V8's full collection, which takes 20 ms of the step loop. Here `dispose` gives it back
 * instead, as good as new. There are as many as were in use at one time: a few for each sequence.
 *
 * The one place that reaches into the binding: only in the release it was written for, and only while `draw` shows that nothing is amiss.
 */
export class SamplerPool implements Disposable {
  readonly #insides: Insides;
  readonly #native: NativeSamplerClass;
  readonly #free: NativeSampler[] = [];
  readonly #lent = new Set<NativeSampler>();

  private constructor(insides: Insides) {
    this.#insides = insides;
    this.#native = insides.bindings.AddonSampler;
    insides.bindings.AddonSampler = new Proxy(this.#native, {
      construct: (native, [model]) => (model === insides.model ? this.#take() : new native(model)),
    });
  }

  /**
   * @param draw samples one token at that seed, always from the same logits, nearly evenly, with a sampler of its own that it lets go of
   * @returns undefined where the binding is another than the one known, or does not behave as that one does: it is left as it was then
   */
  static async tryInstall(
    model: LlamaModel,
    draw: (seed: number) => Promise<number>,
  ): Promise<SamplerPool | undefined> {
    if ((await getModuleVersion()) !== KNOWN_VERSION) return undefined;
    const insides = insidesOf(model);
    if (insides === undefined) return undefined;
    const seed = 7;
    const expected = await draw(seed);
    const pool = new SamplerPool(insides);
    // The second is drawn with a sampler that has drawn before.
    const drawn = [await draw(seed), await draw(seed)];
    if (drawn.every((tokenId) => tokenId === expected) && pool.#free.length === 1 && pool.#lent.size === 0) return pool;
    pool[Symbol.dispose]();
    return undefined;
  }

  /** How many there are, in use or not. */
  get size(): number {
    return this.#free.length + this.#lent.size;
  }

  /** The binding makes its own again. Those in use are freed when they come back. */
  [Symbol.dispose](): void {
    this.#insides.bindings.AddonSampler = this.#native;
    for (const sampler of this.#free.splice(0)) this.#freeNow(sampler);
    for (const sampler of this.#lent)
      Object.defineProperty(sampler, "dispose", { value: () => this.#freeNow(sampler) });
    this.#lent.clear();
  }

  #take(): NativeSampler {
    const sampler = this.#free.pop() ?? this.#make();
    this.#lent.add(sampler);
    return sampler;
  }

  #make(): NativeSampler {
    const sampler = new this.#native(this.#insides.model);
    const dispose = (): void => this.#giveBack(sampler);
    return Object.defineProperty(sampler, "dispose", { value: dispose, configurable: true });
  }

  #giveBack(sampler: NativeSampler): void {
    if (!this.#lent.delete(sampler)) return;
    // All is off then. One of the two seeds is not the one it had: only a new seed makes the random numbers begin again.
    sampler.applyConfig({ seed: 0 });
    sampler.applyConfig({ seed: 1 });
    this.#free.push(sampler);
  }

  #freeNow(sampler: NativeSampler): void {
    this.#native.prototype.dispose.call(sampler);
  }
}

function insidesOf(model: LlamaModel): Insides | undefined {
  const { _model: native } = model as unknown as { _model?: unknown };
  const { _bindings: bindings } = model.llama as unknown as { _bindings?: Insides["bindings"] };
  const methods: Partial<NativeSampler> | undefined = bindings?.AddonSampler.prototype;
  if (bindings === undefined || native === undefined) return undefined;
  if (typeof methods?.applyConfig !== "function" || typeof methods.dispose !== "function") return undefined;
  return { bindings, model: native };
}
