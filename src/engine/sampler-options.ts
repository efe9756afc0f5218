import type { SequenceEvaluateOptions } from "node-llama-cpp";
import type { Sampling } from "../core/generation-request.js";

/** Below it the best token has all the probability that single precision can tell, and the division of logits may overflow. */
const GREEDY_BELOW_TEMPERATURE = 1e-6;
/** llama.cpp takes this seed to mean "choose one": its neighbour stands in for it. */
const LLAMA_RANDOM_SEED = 0xffff_ffff;

/** Our sampling in the binding's words. */
export function samplerOptionsOf(sampling: Sampling): SequenceEvaluateOptions {
  const seed = sampling.seed === LLAMA_RANDOM_SEED ? LLAMA_RANDOM_SEED - 1 : sampling.seed;
  // The best token alone in a sampler that draws: what the greedy sampler chooses, but unlike that one it has a probability to check.
  if (sampling.temperature < GREEDY_BELOW_TEMPERATURE) return { temperature: 1, topK: 1, topP: 1, minP: 0, seed };
  return { temperature: sampling.temperature, topK: sampling.topK, topP: sampling.topP, minP: sampling.minP, seed };
}
