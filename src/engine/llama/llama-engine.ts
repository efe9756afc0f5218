import type { LlamaContext, Token } from "node-llama-cpp";
import type { Sampling } from "../../core/generation-request.js";
import type { EngineFacts } from "../../core/model-facts.js";
import { forgetTokenTexts, shrinkHeap } from "../../machine/memory.js";
import {
  type Decoder,
  type DecoderOpening,
  type Decoding,
  type Engine,
  EngineFault,
  type EngineSequence,
  type GrammarOptions,
  type GrammarState,
  NEUTRAL_SAMPLING,
  type SavedState,
  type StepResults,
  type StepWork,
} from "../engine.js";
import { BatchDecoding } from "./batch-decoding.js";
import { ComputeThreads } from "./compute-threads.js";
import { tryInternalsOf, tryPushGrammarToken } from "./binding-internals.js";
import { GeneratorDecoding } from "./generator-decoding.js";
import { LlamaGrammars } from "./llama-grammars.js";
import { LlamaSequence, LlamaStates, ownSequence } from "./llama-sequence.js";
import { controlBytesOf, tokenBytesOf } from "./token-bytes.js";
import { type LlamaOptions, loadLlama } from "./load-llama.js";
import { poolTakesTurns } from "./pool-takes-turns.js";

const GREEDY: Sampling = { ...NEUTRAL_SAMPLING, temperature: 0 };
/** Samples nearly every token with the same probability. */
const EVEN: Sampling = { ...GREEDY, temperature: 1_000 };
/** The prompt tokens of the first step: the least for which llama.cpp uses its fast attention. */
const WARM_UP_TOKENS = 64;

/** The seeds of the tokens by which two ways of decoding are compared. */
const SEEDS = [7, 7, 8];

/**
 * llama.cpp by node-llama-cpp. It decodes by batches of its own if the binding's internals are the known ones and behave as they should, and by the
 * binding's generators if not.
 */
export class LlamaEngine implements Engine {
  readonly facts: EngineFacts;
  readonly vocabularySize: number;
  readonly sequences: readonly LlamaSequence[];
  readonly tokenBytes: (tokenId: number) => Uint8Array;
  readonly controlBytes: (tokenId: number) => Uint8Array;
  readonly #context: LlamaContext;
  #grammars: LlamaGrammars;
  readonly #states: LlamaStates;
  #decoding: Decoding;

  private constructor(context: LlamaContext, options: LlamaOptions) {
    const { model } = context;
    const { contextTokens, sequences, threads } = options;
    this.#context = context;
    this.facts = { contextTokens, sequences, threads, release: model.llama.llamaCppRelease.release };
    this.vocabularySize = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
    this.sequences = Array.from({ length: sequences }, () => new LlamaSequence(context, contextTokens));
    this.tokenBytes = tokenBytesOf(model);
    this.controlBytes = controlBytesOf(model);
    this.#grammars = new LlamaGrammars(model);
    const roots = options.stateDirectory === "auto" ? {} : { roots: [options.stateDirectory] };
    this.#states = new LlamaStates({ budgetBytes: options.savedStateBytes, ...roots });
    this.#decoding = new GeneratorDecoding(this);
  }

  /**
   * Loads the model, makes a context and uses it once.
   * @param generatorsOnly keeps to the binding's public interface
   * @throws Error that says what could not be had and what to change
   */
  static async start(options: LlamaOptions, { generatorsOnly = false } = {}): Promise<LlamaEngine> {
    const engine = new LlamaEngine(await loadLlama(options), options);
    // The first step reads the weights from the disk and takes many times as long as any other, so no caller is to wait for it.
    await engine.#sample(Math.min(WARM_UP_TOKENS, options.contextTokens - 1), GREEDY);
    if (!generatorsOnly) await engine.#tryBatches(options);
    await engine.#tryMoves();
    forgetTokenTexts(engine.#context.model.fileInfo.metadata.tokenizer.ggml);
    await shrinkHeap();
    return engine;
  }

  /** The number of native samplers that are used again and again; undefined if the binding makes one for each use. */
  get pooledSamplers(): number | undefined {
    return this.#decoding instanceof BatchDecoding ? this.#decoding.samplers : undefined;
  }

  isEndOfGeneration(tokenId: number): boolean {
    return this.#context.model.isEogToken(tokenId as Token);
  }

  beginGrammar(gbnf: string, options?: GrammarOptions): GrammarState | undefined {
    return this.#grammars.begin(gbnf, options);
  }

  openDecoder(opening: DecoderOpening): Decoder {
    return this.#decoding.openDecoder(opening);
  }

  async step(work: StepWork): Promise<StepResults> {
    return await this.#decoding.step(work);
  }

  async save(sequence: EngineSequence): Promise<SavedState | undefined> {
    return await this.#states.save(ownSequence(sequence));
  }

  async restore(sequence: EngineSequence, state: SavedState): Promise<boolean> {
    return await this.#states.restore(ownSequence(sequence), state);
  }

  tidy(idle: boolean): void {
    this.#decoding.tidy(idle);
    this.#grammars.tidy(idle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { llama } = this.#context.model;
    this.#states[Symbol.dispose]();
    this.#decoding[Symbol.dispose]();
    await this.#context.dispose();
    await this.#context.model.dispose();
    await llama.dispose();
  }

  /** Changes to batches of its own if they sample the same tokens as the generators, with new samplers and with used ones. */
  async #tryBatches({ poolThreads, threads: most, onThreads }: LlamaOptions): Promise<void> {
    const samplesAhead = poolThreads === 1 && (await poolTakesTurns());
    const internals = await tryInternalsOf(this.#context, this.#anySequence().inner, { samplesAhead });
    if (internals === undefined) return;
    const generators = this.#decoding;
    const expected = await this.#sampleAll();
    const { gpu } = this.#context.model.llama;
    // If a GPU computes, the processor's threads have little to do.
    const threads =
      onThreads === undefined || gpu !== false || most === 1
        ? undefined
        : new ComputeThreads({ most, use: (count) => internals.useThreads(count), onChange: onThreads });
    const batches = new BatchDecoding({
      internals,
      tokenBytes: this.tokenBytes,
      endToken: this.#endToken(),
      onEvaluated: threads === undefined ? undefined : (batch) => threads.observe(batch),
    });
    this.#decoding = batches;
    const sampled = await this.#sampleAll().catch(() => []);
    if (expected.every((tokenId, index) => tokenId >= 0 && tokenId === sampled[index])) {
      generators[Symbol.dispose]();
      return;
    }
    batches[Symbol.dispose]();
    this.#decoding = generators;
  }

  /** Lets grammars begin inside a text if the binding's internals are the known ones. */
  async #tryMoves(): Promise<void> {
    const { model } = this.#context;
    const push = await tryPushGrammarToken(model);
    if (push === undefined) return;
    const byteTokens = new Map<number, number>();
    for (let tokenId = 0; tokenId < this.vocabularySize; tokenId++) {
      const [byte, ...others] = this.tokenBytes(tokenId);
      if (byte !== undefined && others.length === 0 && !byteTokens.has(byte)) byteTokens.set(byte, tokenId);
      if (byteTokens.size === 256) break;
    }
    this.#grammars = new LlamaGrammars(model, { moves: { push, byteTokens } });
  }

  async #sampleAll(): Promise<readonly number[]> {
    const tokenIds: number[] = [];
    for (const seed of SEEDS) tokenIds.push(await this.#sample(2, { ...EVEN, seed }));
    return tokenIds;
  }

  /** Samples one token from a prompt of zeros, on a sequence that is empty before and after. @returns -1 if it failed */
  async #sample(promptTokens: number, sampling: Sampling): Promise<number> {
    const sequence = this.#anySequence();
    const decoder = this.openDecoder({ sequence, tokenIds: new Uint32Array(promptTokens), sampling });
    const { pulls } = await this.step({ pulls: [{ decoder, draft: [] }], prefills: [] });
    const sampled = await pulls[0];
    decoder.close();
    await sequence.trim(0);
    return sampled === undefined || sampled instanceof EngineFault ? -1 : (sampled[0]?.tokenId ?? -1);
  }

  #endToken(): number | undefined {
    for (let tokenId = 0; tokenId < this.vocabularySize; tokenId++) if (this.isEndOfGeneration(tokenId)) return tokenId;
    return undefined;
  }

  #anySequence(): LlamaSequence {
    const [sequence] = this.sequences;
    if (sequence === undefined) throw new Error("an engine has at least one sequence");
    return sequence;
  }
}
