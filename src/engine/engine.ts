import type { Sampling } from "../core/generation-request.js";
import type { EngineFacts } from "../core/model-facts.js";
import type { TokenScore } from "../core/piece.js";

/**
 * A model that runs step by step: all that the step loop knows of llama.cpp. It lives on the inference worker and is used by the step loop alone, one
 * call at a time. Only `Decoder.close` may also be called during a step, for a decoder that has no part in it.
 */
export interface Engine extends AsyncDisposable {
  readonly facts: EngineFacts;
  /** The number of token ids. An id that is not below it must never reach the engine, since it ends the process inside llama.cpp. */
  readonly vocabularySize: number;
  /** The engine's `facts.sequences` sequences, the same for its whole life. */
  readonly sequences: readonly EngineSequence[];
  /** The bytes of a token's text, which may be part of a code point. Empty for control tokens. The caller does not write to them. */
  tokenBytes(tokenId: number): Uint8Array;
  /** The text of a control token, such as `<|im_end|>`. Empty for all other tokens. The caller does not write to it. */
  controlBytes(tokenId: number): Uint8Array;
  /** Whether the model ends its turn with this token. */
  isEndOfGeneration(tokenId: number): boolean;
  /**
   * Compiles a grammar, unless it did so lately for the same tenant. A large one takes some ms. May be called during a step.
   * @returns the position after that text; undefined if the grammar does not allow it, or if the engine can't tell, which it always can without text
   * @throws EngineFault if it does not compile
   */
  beginGrammar(gbnf: string, options?: GrammarOptions): GrammarState | undefined;
  /** Opens a decoder, with a sampler of its own, for the tokens that the sequence holds. The first pull is the first to evaluate anything. */
  openDecoder(opening: DecoderOpening): Decoder;
  /**
   * Evaluates all of the work in one batch. Sampling may go on after the returned promise has settled, and the step is over when all its pulls have
   * settled. A failure in the model rejects nothing: it is an EngineFault at the position of the failed work, the other results stand, and the
   * sequence of the failed work is empty afterwards.
   */
  step(work: StepWork): Promise<StepResults>;
  /** Saves a sequence outside the cache. To be called between steps. @returns undefined if there is no room for it */
  save(sequence: EngineSequence): Promise<SavedState | undefined>;
  /** Replaces the content of a sequence by a saved state. To be called between steps. @returns false if the state can't be had; the sequence is empty then */
  restore(sequence: EngineSequence, state: SavedState): Promise<boolean>;
  /** Frees memory that the engine has let go of. To be called between steps. @param idle whether nobody waits for the next step */
  tidy(idle: boolean): void;
}

/** One sequence of the key-value cache. Its owner, the sequence pool, gives it to one run at a time. */
export interface EngineSequence {
  /** The number of tokens in its cache. The token that a decoder yielded last is not among them until the next pull. */
  readonly length: number;
  /** A copy of the tokens in the cache. */
  tokens(): readonly number[];
  /** Removes all tokens after the first `length`. @returns the number of tokens left, which is lower if the model can't go back to exactly that length */
  trim(length: number): Promise<number>;
}

/** The right to use a sequence. Disposing it gives the sequence back with all its tokens; disposing it again does nothing. */
export interface SequenceLease extends Disposable {
  readonly sequence: EngineSequence;
  /** The number of the prompt's tokens that the sequence holds already. */
  readonly reusedTokens: number;
}

/** A copy of a sequence outside the cache, which any sequence can restore. Disposing frees it; disposing again does nothing. */
export interface SavedState extends Disposable {
  readonly tokenIds: readonly number[];
  readonly bytes: number;
}

/**
 * The position of one output in its grammar, which moves on with every token sampled under it except the end of generation. It outlives its decoders,
 * so that a run can continue in another sequence, and belongs to one decoder at a time.
 */
export interface GrammarState {
  readonly gbnf: string;
}

export interface GrammarOptions {
  /** The text with which the output under the grammar has begun. Default: none. */
  readonly written?: Uint8Array | undefined;
  /** Default: "", as where the server knows no tenants. */
  readonly tenant?: string | undefined;
}

export interface DecoderOpening {
  readonly sequence: EngineSequence;
  /**
   * The end of the prompt, at least its last token, and all output that is not in the sequence. The first pull evaluates them, in one batch with
   * everyone else's work.
   */
  readonly tokenIds: Uint32Array;
  /** The output so far of a run that was preempted, with which all those tokens end. Samplers look back at it. Default: none. */
  readonly outputTokens?: readonly number[];
  readonly sampling: Sampling;
  /** The grammar that constrains all tokens sampled. A pull fails if it allows no token. Default: none. */
  readonly grammar?: GrammarState | undefined;
  /** The number of most likely tokens that are scored beside each token. Default: no token is scored. */
  readonly logprobs?: number | undefined;
}

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

/** One run's generator of tokens, which decodes only when it is pulled. */
export interface Decoder {
  readonly sequence: EngineSequence;
  /** Frees the sampler. The sequence can be used again at once, between steps. Closing again does nothing. */
  close(): void;
}

/** The work of one step: at most one entry for each sequence, and no more tokens in all than the engine's batch holds. */
export interface StepWork {
  /** The decoders for which at least one token is evaluated and sampled. */
  readonly pulls: readonly Pull[];
  /** The chunks that are evaluated into the cache without sampling. */
  readonly prefills: readonly PrefillChunk[];
}

export interface Pull {
  readonly decoder: Decoder;
  /** Draft tokens, for which the sequence has room. Engines that can verify them in the same evaluation do so. */
  readonly draft: readonly number[];
}

/** One token of a pull. */
export interface SampledToken {
  readonly tokenId: number;
  /** The token's likelihood by the model, if the opening asked for it. */
  readonly score?: TokenScore | undefined;
  /** Whether the grammar could end after this token. undefined without a grammar, and if the engine can't tell before the end is sampled. */
  readonly mayEnd?: boolean | undefined;
}

export interface PrefillChunk {
  readonly sequence: EngineSequence;
  readonly tokenIds: Uint32Array;
}

/** The results of a step, in the order of its work. */
export interface StepResults {
  /** The pulls settle in about this order, and never reject. A decoder may be closed once its pull has settled, before the step is over. */
  readonly pulls: readonly Promise<PullResult>[];
  /** One entry for each chunk: undefined once it is prefilled. */
  readonly prefills: readonly (EngineFault | undefined)[];
}

/**
 * The tokens sampled: one more than the draft tokens that were accepted. The draft does not change which tokens they are, and its accepted tokens are
 * in the sequence afterwards.
 */
export type PullResult = readonly SampledToken[] | EngineFault;

/** A failure of the model in one run's work. `message` and `cause` are for the log. */
export class EngineFault extends Error {
  override readonly name = "EngineFault";
}

/** The part of an Engine that evaluates and samples, with the Engine's promises. llama.cpp has two of them. */
export interface Decoding extends Disposable {
  openDecoder(opening: DecoderOpening): Decoder;
  step(work: StepWork): Promise<StepResults>;
  tidy(idle: boolean): void;
}
