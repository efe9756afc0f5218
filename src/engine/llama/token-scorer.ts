import type { SequenceEvaluateOptions } from "node-llama-cpp";
import type { ScoredToken, TokenScore } from "../../core/piece.js";
import type { BindingInternals, NativeSampler, TokenLogits } from "./binding-internals.js";
import type { LlamaSequence } from "./llama-sequence.js";
import type { SamplerPool } from "./native-memory.js";

/** Greedy sampling, which neither sorts nor normalises. */
const WHOLE: SequenceEvaluateOptions = { temperature: 0, topK: 0, topP: 1, minP: 0, seed: 0 };

export interface TokenScorerOptions {
  readonly internals: BindingInternals;
  readonly samplers: SamplerPool;
  readonly sequence: LlamaSequence;
  /** The number of most likely tokens that are scored beside the one sampled. */
  readonly topTokens: number;
}

/**
 * Scores the tokens of one decoder by the softmax of the model's logits before any sampling. The logits are looked at a second time with samplers
 * that change nothing: one over the whole vocabulary for the sum, and one that finds the best few.
 */
export class TokenScorer implements Disposable {
  readonly #options: TokenScorerOptions;
  readonly #whole: NativeSampler;
  readonly #best: NativeSampler | undefined;

  constructor(options: TokenScorerOptions) {
    const { internals, samplers, sequence, topTokens } = options;
    this.#options = options;
    this.#whole = samplers.take();
    this.#whole.applyConfig(internals.configOf(sequence.inner, WHOLE));
    if (topTokens === 0) return;
    this.#best = samplers.take();
    this.#best.applyConfig(internals.configOf(sequence.inner, { ...WHOLE, temperature: 1, topK: topTokens }));
  }

  /** Scores a token before the next batch. @param logitIndex the index of the logits from which it was sampled */
  async score(logitIndex: number, tokenId: number): Promise<TokenScore> {
    const { internals, topTokens } = this.#options;
    const whole = await internals.sample(logitIndex, this.#whole, { tokenId, sampled: true });
    const found = pairsOf(whole.logits);
    const highest = Math.max(...found.map(({ logprob }) => logprob));
    // The weight is relative to the highest logit, which is that of the greedy sampler's choice.
    const logSum = highest + Math.log(whole.weight);
    const own = found.find((pair) => pair.tokenId === tokenId);
    if (own === undefined) throw new Error(`the binding gave no logit of token ${tokenId}`);
    const best = this.#best && (await internals.sample(logitIndex, this.#best, { top: topTokens }));
    return {
      logprob: toLogprob(own.logprob, logSum),
      top: pairsOf(best?.logits ?? []).map((pair) => ({ ...pair, logprob: toLogprob(pair.logprob, logSum) })),
    };
  }

  [Symbol.dispose](): void {
    this.#options.samplers.giveBack(this.#whole);
    if (this.#best !== undefined) this.#options.samplers.giveBack(this.#best);
  }
}

/** Pairs of tokens and logits, which are not normalised yet. */
function pairsOf(logits: TokenLogits): readonly ScoredToken[] {
  const pairs: ScoredToken[] = [];
  for (let index = 0; index + 1 < logits.length; index += 2) {
    pairs.push({ tokenId: logits[index] ?? 0, logprob: logits[index + 1] ?? 0 });
  }
  return pairs;
}

/** Normalises a logit. A log probability is at most 0, which single precision may miss by a little. */
function toLogprob(logit: number, logSum: number): number {
  return Math.min(0, logit - logSum);
}
