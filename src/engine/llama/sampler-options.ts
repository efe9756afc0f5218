import { type LlamaModel, type SequenceEvaluateOptions, type Token, TokenBias } from "node-llama-cpp";
import type { Sampling } from "../../core/generation-request.js";
import type { LogitAdjustment } from "./logit-adjustment.js";

/** Below it the best token has all the probability that single precision can tell, and the division of logits may overflow. */
const GREEDY_BELOW_TEMPERATURE = 1e-6;
/** llama.cpp takes this seed to mean "choose one": its neighbour stands in for it. */
const LLAMA_RANDOM_SEED = 0xffff_ffff;

interface Adjusting {
  readonly adjustment: LogitAdjustment;
  readonly model: LlamaModel;
}

/** Our sampling in the binding's words. What an adjustment does is asked for before each token. */
export function evaluateOptionsOf(sampling: Sampling, adjusting: Adjusting | undefined): SequenceEvaluateOptions {
  if (adjusting === undefined) return samplerOptionsOf(sampling);
  return { ...samplerOptionsOf(sampling), ...adjustingOptionsOf(sampling, adjusting) };
}

/** But for what changes with each token. */
function samplerOptionsOf(sampling: Sampling): SequenceEvaluateOptions {
  const seed = sampling.seed === LLAMA_RANDOM_SEED ? LLAMA_RANDOM_SEED - 1 : sampling.seed;
  // The best token alone in a sampler that draws: what the greedy sampler chooses, but unlike that one it has a probability to check.
  if (sampling.temperature < GREEDY_BELOW_TEMPERATURE) return { temperature: 1, topK: 1, topP: 1, minP: 0, seed };
  const { temperature, topK, topP, minP, xtc } = sampling;
  return { temperature, topK, topP, minP, seed, ...(xtc === undefined ? {} : { xtc }) };
}

/** The binding adds biases first, then applies the repeat penalty, then filters. */
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
 * The biases of one step in the binding's form. They are put past its `set`, which passes over end-of-generation tokens without a word and takes
 * probabilities in place of logits. @throws Error where the binding keeps them otherwise than it did
 */
function createStepBias(model: LlamaModel, biases: ReadonlyMap<number, number>): TokenBias {
  const bias = TokenBias.for(model);
  if (!("_biases" in bias) || !(bias._biases instanceof Map)) throw new Error("the binding keeps its biases elsewhere");
  const entries = bias._biases as Map<Token, number>;
  for (const [tokenId, logit] of biases) entries.set(tokenId as Token, logit);
  return bias;
}
