import { TokenBias, type LlamaModel, type Token } from "node-llama-cpp";

/**
 * The biases of one step in the binding's form. They are put past its `set`, which passes over end-of-generation tokens without a word and takes
 * probabilities in place of logits. @throws Error where the binding keeps them otherwise than it did
 */
export function createStepBias(model: LlamaModel, biases: ReadonlyMap<number, number>): TokenBias {
  const bias = TokenBias.for(model);
  if (!("_biases" in bias) || !(bias._biases instanceof Map)) throw new Error("the binding keeps its biases elsewhere");
  const entries = bias._biases as Map<Token, number>;
  for (const [tokenId, logit] of biases) entries.set(tokenId as Token, logit);
  return bias;
}
