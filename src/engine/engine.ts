import type { Sampling } from "../core/generation-request.js";
import type { EngineFacts } from "../core/model-facts.js";
import type { TokenScore } from "../core/piece.js";

/**
 * A model that can be run step by step: all that the step loop knows of llama.cpp. Lives on the inference worker and is used by the step loop
 * alone, one call at a time; only `Decoder.close` may also come while a step is under way, for a decoder that has no part in it.
 */
export interface Engine extends AsyncDisposable {
  readonly facts: EngineFacts;
  /** Every token id is below it. An id that is not must never reach the engine: natively that ends the process. */
  readonly vocabularySize: number;
  /** Always `facts.sequences` of them, for the engine's whole life. */
  readonly sequences: readonly EngineSequence[];
  /** The bytes that a token stands for, which may be part of a code point. Empty for control tokens. Not to be written to. */
  tokenBytes(tokenId: number): Uint8Array;
  /** How a control token is spelled: text that no other token stands for the same way. Empty for all other tokens. Not to be written to. */
  controlBytes(tokenId: number): Uint8Array;
  /** Whether the model says with this token that its turn is over. */
  isEndOfGeneration(tokenId: number): boolean;
  /**
   * Compiles a grammar, unless it did so lately. Takes some ms for a large one, and may be called while a step is under way.
   * @throws EngineFault where it does not compile
   */
  beginGrammar(gbnf: string): GrammarState;
  /** A new decoder, with a sampler of its own, for what the sequence holds. Evaluates nothing: the first pull does. */
  openDecoder(opening: DecoderOpening): Decoder;
  /**
   * Evaluates all of the work in one batch, and goes on drawing after it has settled: the step is over when all its pulls have. Never rejects for what
   * goes wrong in the model: whatever fails is an EngineFault in its place, the others keep their results, and the sequence it befell is empty
   * afterwards.
   */
  step(work: StepWork): Promise<StepResults>;
  /** Keeps what the sequence holds outside the cache. Between steps. @returns undefined where there is no room for it */
  save(sequence: EngineSequence): Promise<SavedState | undefined>;
  /** Makes the sequence hold what was saved, and nothing else. Between steps. @returns false: it can't be had, and the sequence is empty */
  restore(sequence: EngineSequence, state: SavedState): Promise<boolean>;
  /** A moment between two steps to free what the engine let go of. `idle`: nobody waits for the next step. */
  tidy(idle: boolean): void;
}

/** A key-value track. Its owner, the sequence pool, gives it to one run at a time. */
export interface EngineSequence {
  /** How many tokens its cache holds. The token that a decoder yielded last is not among them until the next pull. */
  readonly length: number;
  /** A copy of the tokens in the cache. */
  tokens(): readonly number[];
  /** Forgets all after the first `length` tokens. @returns how many are left, which is fewer where the model can't go back just so far. */
  trim(length: number): Promise<number>;
}

/** The right to use a sequence. Disposing it gives the sequence back with all that it holds by then; disposing it again does nothing. */
export interface SequenceLease extends Disposable {
  readonly sequence: EngineSequence;
  /** How many of the prompt's tokens the sequence holds already. */
  readonly reusedTokens: number;
}

/** What a sequence held, kept outside the cache, to be restored in any sequence. Disposing frees it; doing so again does nothing. */
export interface SavedState extends Disposable {
  readonly tokenIds: readonly number[];
  readonly bytes: number;
}

/**
 * How far one output has come in its grammar: moves on with every token that a decoder draws under it, end of generation left out. Outlives its
 * decoders, so that a run can go on in another sequence. In one decoder's hands at a time.
 */
export interface GrammarState {
  readonly gbnf: string;
}

export interface DecoderOpening {
  readonly sequence: EngineSequence;
  /** The end of the prompt, at least its last token, and all output that is not in the sequence: evaluated by the first pull, together with everyone else's work. */
  readonly tokenIds: Uint32Array;
  /** Of a run that comes back: what it has made so far, the end of all those tokens, which samplers look back at. Default: nothing. */
  readonly outputTokens?: readonly number[];
  readonly sampling: Sampling;
  /** What all tokens drawn are held to; where it allows none of them, the pull fails. Default: nothing. */
  readonly grammar?: GrammarState | undefined;
  /** How many most likely tokens are scored beside each token; none given: nothing is scored, and nothing paid for it. */
  readonly logprobs?: number | undefined;
}

/** One run's generator of tokens. Decodes only when it is pulled. */
export interface Decoder {
  readonly sequence: EngineSequence;
  /** Frees the sampler. The sequence can be used again at once, between steps. Idempotent. */
  close(): void;
}

/** What one step does: at most one entry for each sequence, and no more tokens in all than the engine was made for. */
export interface StepWork {
  /** At least one token is decoded and sampled for each. */
  readonly pulls: readonly Pull[];
  /** Read into the cache, nothing sampled. */
  readonly prefills: readonly PrefillChunk[];
}

export interface Pull {
  readonly decoder: Decoder;
  /** Tokens that may well come next, for which the sequence has room: tried in the same evaluation by engines that can. */
  readonly draft: readonly number[];
}

/** What a pull gave. */
export interface SampledToken {
  readonly tokenId: number;
  /** How likely the model held it; only where the opening asked for it. */
  readonly score?: TokenScore | undefined;
  /** Whether the grammar could end after it. Only where the opening has one; undefined also where the engine can't tell before the end is drawn. */
  readonly mayEnd?: boolean | undefined;
}

export interface PrefillChunk {
  readonly sequence: EngineSequence;
  readonly tokenIds: Uint32Array;
}

/** In the order of the work. */
export interface StepResults {
  /** They settle in about this order, and never reject. A decoder that has been drawn from may be closed before the step is over. */
  readonly pulls: readonly Promise<PullResult>[];
  /** undefined: read in. */
  readonly prefills: readonly (EngineFault | undefined)[];
}

/**
 * The tokens sampled: one, and one more for each token of the draft that was right before the first that was not. What they are does not depend on
 * the draft, whose right tokens are in the sequence then.
 */
export type PullResult = readonly SampledToken[] | EngineFault;

/** What the model could not do for one run. `message` and `cause` are for the log. */
export class EngineFault extends Error {
  override readonly name = "EngineFault";
}

/** One way to have llama.cpp evaluate and sample: that part of an Engine, with its promises. */
export interface Decoding extends Disposable {
  openDecoder(opening: DecoderOpening): Decoder;
  step(work: StepWork): Promise<StepResults>;
  tidy(idle: boolean): void;
}
