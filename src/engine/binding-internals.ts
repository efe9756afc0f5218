import type { LlamaContext, LlamaContextSequence } from "node-llama-cpp";

/** llama.cpp's sampler, of the binding's native part. */
export interface NativeSampler {
  applyConfig(config: Readonly<Record<string, number>>): void;
}

/** A token and its logit, a token and its logit, and so on. */
export type TokenLogits = readonly number[];

/** Tokens whose logits are wanted; three flags for the highest, the lowest and the selected one; how many of the best. */
type LogitFilter = readonly [tokens: readonly number[], boolean, boolean, selected: boolean, top: number];

type SampledListener = (batchIndex: number, tokenId: number) => Promise<void>;

/** The queue of decodes hands each result to a mapper, before the next decode overwrites it. */
type ResultMapper = (batchIndex: number, tokenIndex: number) => unknown;

/**
 * What we need of the binding and its typings leave out: another look at the logits of a token that was drawn, by the index that they have in the
 * batch. Only this file knows of it; the version is pinned exactly, and `internalsOf` says so where another one has it no more.
 */
export interface BindingInternals {
  createSampler(): NativeSampler;
  /** @returns logits of those asked for, and the sum of exp(logit - highest logit) over all that the sampler left */
  sample(
    batchIndex: number,
    sampler: NativeSampler,
    filter: LogitFilter,
  ): Promise<{ logits: TokenLogits; weight: number }>;
  /**
   * Tells of each token that is sampled, while its logits are there. `listenerOf` is asked for each decode of a sequence; the next decode waits for
   * the listener's promise.
   */
  onSampled(listenerOf: (sequenceId: number) => SampledListener | undefined): void;
  sequenceIdOf(sequence: LlamaContextSequence): number;
}

interface PrivateContext {
  _ctx: {
    sampleToken(
      batchIndex: number,
      sampler: NativeSampler,
      ...rest: [probabilities: boolean, confidence: boolean, filter: LogitFilter, weight: boolean]
    ): Promise<[number, unknown, unknown, TokenLogits?, number?]>;
  };
  _decodeTokens(request: { sequenceId: number }, mapper: ResultMapper): Promise<unknown>;
  model: {
    _model: object;
    _llama: { _bindings: { AddonSampler: new (model: object) => NativeSampler } };
  };
}

/** @throws Error where the binding is not the one that this was written for */
export function internalsOf(publicContext: LlamaContext): BindingInternals {
  const context = publicContext as unknown as PrivateContext;
  const { _ctx: native, model } = context;
  const known =
    typeof native.sampleToken === "function" &&
    typeof context._decodeTokens === "function" &&
    typeof model._llama._bindings.AddonSampler === "function";
  if (!known) throw new Error("this version of node-llama-cpp gives no second look at logits");
  return {
    createSampler: () => new model._llama._bindings.AddonSampler(model._model),
    sample: async (batchIndex, sampler, filter) => {
      const [, , , logits, weight] = await native.sampleToken(batchIndex, sampler, false, false, filter, true);
      if (logits === undefined || weight === undefined) throw new Error("the binding gave no logits");
      return { logits, weight };
    },
    onSampled: (listenerOf) => {
      const decode = context._decodeTokens.bind(context);
      context._decodeTokens = (request, mapper) => {
        const listener = listenerOf(request.sequenceId);
        return decode(request, listener === undefined ? mapper : tellingMapper(mapper, listener));
      };
    },
    sequenceIdOf: (sequence) => (sequence as unknown as { _sequenceId: number })._sequenceId,
  };
}

function tellingMapper(mapper: ResultMapper, listener: SampledListener): ResultMapper {
  return async (batchIndex, tokenIndex) => {
    const result = await mapper(batchIndex, tokenIndex);
    const tokenId: unknown = Array.isArray(result) ? result[0] : result;
    // Nothing is sampled of a prompt's chunk.
    if (typeof tokenId === "number") await listener(batchIndex, tokenId);
    return result;
  };
}
