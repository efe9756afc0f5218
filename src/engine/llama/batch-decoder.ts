import { adjustmentFor, type LogitAdjustment } from "./logit-adjustment.js";
import type { BatchItem, BindingInternals, NativeSampler } from "./binding-internals.js";
import { type Decoder, type DecoderOpening, EngineFault, type SampledToken } from "../engine.js";
import { type LlamaGrammarState, ownGrammar } from "./llama-grammars.js";
import type { LlamaSequence } from "./llama-sequence.js";
import { evaluateOptionsOf } from "./sampler-options.js";
import type { SamplerPool } from "./sampler-pool.js";
import { TokenScorer } from "./token-scorer.js";

/** The tools that all decoders of one engine share. */
export interface BatchTools {
  readonly internals: BindingInternals;
  readonly samplers: SamplerPool;
  readonly tokenBytes: (tokenId: number) => Uint8Array;
  /** A token with which the model ends its output; undefined if it has none. */
  readonly endToken: number | undefined;
}

/** One run's sampler, and the tokens that the next batch evaluates for it. */
export class BatchDecoder implements Decoder {
  readonly sequence: LlamaSequence;
  readonly #tools: BatchTools;
  readonly #opening: DecoderOpening;
  readonly #adjustment: LogitAdjustment | undefined;
  readonly #grammar: LlamaGrammarState | undefined;
  readonly #sampler: NativeSampler;
  readonly #scorer: TokenScorer | undefined;
  #unevaluated: Uint32Array;

  constructor(sequence: LlamaSequence, opening: DecoderOpening, tools: BatchTools) {
    const { internals, samplers, tokenBytes } = tools;
    this.sequence = sequence;
    this.#tools = tools;
    this.#opening = opening;
    this.#unevaluated = opening.tokenIds;
    this.#adjustment = adjustmentFor(opening, tokenBytes);
    this.#grammar = opening.grammar && ownGrammar(opening.grammar);
    this.#sampler = samplers.take();
    this.#configure();
    if (opening.logprobs === undefined) return;
    this.#scorer = new TokenScorer({ internals, samplers, sequence, topTokens: opening.logprobs });
  }

  /** Makes the item for the next batch. @throws EngineFault if the sequence has no room */
  item(draft: readonly number[]): BatchItem {
    const tokenIds = draft.length === 0 ? this.#unevaluated : Uint32Array.from([...this.#unevaluated, ...draft]);
    this.sequence.checkRoom(tokenIds.length);
    return { sequence: this.sequence.inner, tokenIds, logits: 1 + draft.length };
  }

  /**
   * Samples from the batch that evaluated the item: the draft tokens that are accepted, and one token after them. The other draft tokens are removed
   * from the sequence. @throws EngineFault
   */
  async sample(logitIndexes: Uint32Array, draft: readonly number[]): Promise<readonly SampledToken[]> {
    const sampled: SampledToken[] = [];
    for (const [index, logitIndex] of logitIndexes.entries()) {
      const token = await this.#sampleOne(logitIndex);
      sampled.push(token);
      if (token.tokenId !== draft[index]) break;
    }
    this.#tools.internals.cut(this.sequence.inner, logitIndexes.length - sampled.length);
    this.#unevaluated = Uint32Array.of(sampled.at(-1)?.tokenId ?? 0);
    return sampled;
  }

  close(): void {
    this.#scorer?.[Symbol.dispose]();
    this.#tools.samplers.giveBack(this.#sampler);
  }

  async #sampleOne(logitIndex: number): Promise<SampledToken> {
    const { tokenId, weight } = await this.#tools.internals.sample(logitIndex, this.#sampler);
    if (!Number.isFinite(weight)) throw new EngineFault("the model's logits are not numbers");
    if (tokenId < 0) throw new EngineFault("the sampler left no token");
    if (this.#adjustment !== undefined) {
      this.#adjustment.push(tokenId);
      this.#configure();
    }
    return { tokenId, score: await this.#scorer?.score(logitIndex, tokenId), mayEnd: this.#mayEnd() };
  }

  #mayEnd(): boolean | undefined {
    const { internals, endToken } = this.#tools;
    if (this.#grammar === undefined || endToken === undefined) return undefined;
    return internals.allows(this.#grammar.native, endToken);
  }

  /** Configures the sampler anew. Only the effect of the run's own tokens on its logits changes from token to token. */
  #configure(): void {
    const { inner } = this.sequence;
    const adjusting = this.#adjustment && { adjustment: this.#adjustment, model: inner.model };
    const options = evaluateOptionsOf(this.#opening.sampling, adjusting);
    const held = this.#grammar === undefined ? options : { ...options, grammarEvaluationState: this.#grammar.native };
    this.#sampler.applyConfig(this.#tools.internals.configOf(inner, held));
  }
}
