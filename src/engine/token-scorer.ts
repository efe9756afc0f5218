import type { LlamaContext, LlamaContextSequence } from "node-llama-cpp";
import type { ScoredToken, TokenScore } from "../core/token-score.js";
import { internalsOf, type BindingInternals, type NativeSampler, type TokenLogits } from "./binding-internals.js";

/** The scores of one decoder's tokens, as they come. Dispose it before the sequence gets another decoder. */
export interface ScoreWatch extends Disposable {
  /** Of the token sampled last. @throws Error what went wrong with it */
  readonly score: TokenScore | undefined;
}

interface Watched {
  readonly topTokens: number;
  last: { readonly score: TokenScore } | { readonly error: unknown } | undefined;
}

/**
 * Says how likely the model held the tokens that it drew: the softmax of its logits before any sampling. The binding tells probabilities only after
 * its samplers, so the logits are looked at a second time with two samplers of our own that change nothing: one over the whole vocabulary for the
 * sum, one that finds the best few. They are shared by all sequences, which take turns. Sequences without a watch pay nothing.
 */
export class TokenScorer {
  readonly #internals: BindingInternals;
  /** Greedy, so that it neither sorts nor normalises. */
  readonly #whole: NativeSampler;
  readonly #best: NativeSampler;
  readonly #watched = new Map<number, Watched>();
  #turn: Promise<void> = Promise.resolve();

  constructor(context: LlamaContext) {
    this.#internals = internalsOf(context);
    this.#whole = this.#internals.createSampler();
    this.#whole.applyConfig({ temperature: 0 });
    this.#best = this.#internals.createSampler();
    this.#internals.onSampled((sequenceId) => {
      const watched = this.#watched.get(sequenceId);
      return watched && ((batchIndex, tokenId) => this.#look(watched, { batchIndex, tokenId }));
    });
  }

  /** Scores what the sequence samples from now on, with so many of the most likely tokens. */
  watch(sequence: LlamaContextSequence, topTokens: number): ScoreWatch {
    const sequenceId = this.#internals.sequenceIdOf(sequence);
    const watched: Watched = { topTokens, last: undefined };
    this.#watched.set(sequenceId, watched);
    return {
      get score() {
        if (watched.last !== undefined && "error" in watched.last) throw watched.last.error;
        return watched.last?.score;
      },
      [Symbol.dispose]: () => {
        if (this.#watched.get(sequenceId) === watched) this.#watched.delete(sequenceId);
      },
    };
  }

  /** Never rejects: inside the binding nobody would hear of it. */
  async #look(watched: Watched, token: { batchIndex: number; tokenId: number }): Promise<void> {
    const looked = this.#turn.then(() => this.#score(token.batchIndex, token.tokenId, watched.topTokens));
    this.#turn = looked.then(
      (score) => void (watched.last = { score }),
      (error: unknown) => void (watched.last = { error }),
    );
    await this.#turn;
  }

  async #score(batchIndex: number, tokenId: number, topTokens: number): Promise<TokenScore> {
    const whole = await this.#internals.sample(batchIndex, this.#whole, [[tokenId], false, false, true, 0]);
    const found = pairsOf(whole.logits);
    const highest = Math.max(...found.map(({ logprob }) => logprob));
    // The weight is relative to the highest logit, which is that of the greedy sampler's choice.
    const logSum = highest + Math.log(whole.weight);
    const own = found.find((pair) => pair.tokenId === tokenId);
    if (own === undefined) throw new Error(`the binding gave no logit of token ${tokenId}`);
    const top = topTokens === 0 ? [] : await this.#topOf(batchIndex, topTokens);
    return {
      logprob: toLogprob(own.logprob, logSum),
      top: top.map((pair) => ({ tokenId: pair.tokenId, logprob: toLogprob(pair.logprob, logSum) })),
    };
  }

  async #topOf(batchIndex: number, topTokens: number): Promise<readonly ScoredToken[]> {
    this.#best.applyConfig({ temperature: 1, topK: topTokens, topP: 1, minP: 0, seed: 0 });
    return pairsOf((await this.#internals.sample(batchIndex, this.#best, [[], false, false, false, topTokens])).logits);
  }
}

/** Logits, not yet normalised. */
function pairsOf(logits: TokenLogits): readonly ScoredToken[] {
  const pairs: ScoredToken[] = [];
  for (let index = 0; index + 1 < logits.length; index += 2) {
    pairs.push({ tokenId: logits[index] ?? 0, logprob: logits[index + 1] ?? 0 });
  }
  return pairs;
}

/** A logarithm of a probability is at most 0; single precision may miss it by a little. */
function toLogprob(logit: number, logSum: number): number {
  return Math.min(0, logit - logSum);
}
