import type { Sampling } from "../../core/generation-request.js";

/** Samples from the model's own distribution: nothing is filtered, penalised or biased. */
export const NEUTRAL_SAMPLING: Sampling = Object.freeze({
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repeatPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  penaltyWindow: 64,
  dry: undefined,
  xtc: undefined,
  logitBias: Object.freeze([]),
  seed: 0,
});
