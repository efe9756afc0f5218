import { type LlamaModel, type SequenceEvaluateOptions, type Token, TokenBias } from "node-llama-cpp";
import type { Sampling } from "../../core/generation-request.js";
import type { LogitAdjustment } from "./logit-adjustment.js";

/** The temperature below which the best token has all the probability that single precision can tell, and the division of logits may overflow. */
const GREEDY_BELOW_TEMPERATURE = 1e-6;
/** llama.cpp takes this seed to mean "choose one", so its neighbour stands in for it. */
const LLAMA_RANDOM_SEED = 0xffff_ffff;

interface Adjusting {
  readonly adjustment: LogitAdjustment;
  readonly model: LlamaModel;
}

/** Translates sampling into the binding's options, which ask for the effect of an adjustment before each token. */
export function evaluateOptionsOf(sampling: Sampling, adjusting: Adjusting | undefined): SequenceEvaluateOptions {
  if (adjusting === undefined) return samplerOptionsOf(sampling);
  return { ...samplerOptionsOf(sampling), ...adjustingOptionsOf(sampling, adjusting) };
}

/** Translates all that does not change from token to token. */
function samplerOptionsOf(sampling: Sampling): SequenceEvaluateOptions {
  const seed = sampling.seed === LLAMA_RANDOM_SEED ? LLAMA_RANDOM_SEED - 1 : sampling.seed;
  // A sampler that is left the best token alone chooses as the greedy sampler does, and tells a probability that can be checked.
  if (sampling.temperature < GREEDY_BELOW_TEMPERATURE) return { temperature: 1, topK: 1, topP: 1, minP: 0, seed };
  const { temperature, topK, topP, minP, xtc } = sampling;
  return { temperature, topK, topP, minP, seed, ...(xtc === undefined ? {} : { xtc }) };
}

/** Translates an adjustment. The binding adds biases first, then applies the repeat penalty, then filters. */
function adjustingOptionsOf(sampling: Sampling, { adjustment, model }: Adjusting): SequenceEvaluateOptions {
  const tokenBias = () => createStepBias(model, adjustment.biases());
  if (sampling.repeatPenalty === 1 || sampling.penaltyWindow === 0) return { tokenBias };
  const repeatPenalty = {
    penalty: sampling.repeatPenalty,
    maxPunishTokens: sampling.penaltyWindow,
    punishTokens: () => adjustment.repeatTokens() as Token[],
  };
  return { tokenBias, repeatPenalty };
}

/**
 * Makes the biases of one step in the binding's form. They are written past its `set`, which ignores end-of-generation tokens and takes probabilities
 * in place of logits. @throws Error if the binding keeps its biases elsewhere
 */
function createStepBias(model: LlamaModel, biases: ReadonlyMap<number, number>): TokenBias {
  const bias = TokenBias.for(model);
  if (!("_biases" in bias) || !(bias._biases instanceof Map)) throw new Error("the binding keeps its biases elsewhere");
  const entries = bias._biases as Map<Token, number>;
  for (const [tokenId, logit] of biases) entries.set(tokenId as Token, logit);
  return bias;
}
