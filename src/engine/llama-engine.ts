import { setImmediate as nextTurn } from "node:timers/promises";
import type { LlamaContext, Token } from "node-llama-cpp";
import type { Sampling } from "../core/generation-request.js";
import { NEUTRAL_SAMPLING } from "../core/neutral-sampling.js";
import type { EngineFacts } from "../core/model-facts.js";
import type { Decoder, DecoderOpening, Engine, EngineSequence, SavedState, StepResults, StepWork } from "./engine.js";
import { type DecoderTools, LlamaDecoder } from "./llama-decoder.js";
import { LlamaSequence } from "./llama-sequence.js";
import { LlamaStates } from "./llama-states.js";
import { tokenBytesOf } from "./llama-vocabulary.js";
import { loadLlama, type LlamaOptions } from "./load-llama.js";
import { SamplerGarbage } from "./sampler-garbage.js";
import { SamplerPool } from "./sampler-pool.js";
import { TokenScorer } from "./token-scorer.js";

const GREEDY: Sampling = { ...NEUTRAL_SAMPLING, temperature: 0 };
/** Takes nearly every token as often as any other. */
const EVEN: Sampling = { ...GREEDY, temperature: 1_000 };
/** Prompt tokens of the first step: the least for which llama.cpp uses its fast attention. */
const WARM_UP_TOKENS = 64;

/**
 * llama.cpp by the public, sequence-level interface of node-llama-cpp. All generators of a step are pulled in one tick: the binding then puts
 * them in one batch, where pulls one by one would miss each other's. A sampler that throws, which none is known to do, is an unhandled rejection
 * inside the binding and ends the worker: better than the run that would wait for ever.
 */
export class LlamaEngine implements Engine {
  readonly facts: EngineFacts;
  readonly vocabularySize: number;
  readonly sequences: readonly LlamaSequence[];
  readonly tokenBytes: (tokenId: number) => Uint8Array;
  readonly #context: LlamaContext;
  readonly #garbage: SamplerGarbage;
  readonly #states: LlamaStates;
  #pool: SamplerPool | undefined;
  readonly #tools: DecoderTools;

  private constructor(context: LlamaContext, options: LlamaOptions) {
    const { model } = context;
    const { contextTokens, sequences, threads } = options;
    this.#context = context;
    this.facts = { contextTokens, sequences, threads, release: model.llama.llamaCppRelease.release };
    this.vocabularySize = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
    this.sequences = Array.from({ length: sequences }, () => new LlamaSequence(context, contextTokens));
    this.tokenBytes = tokenBytesOf(model);
    this.#garbage = new SamplerGarbage(this.vocabularySize);
    const roots = options.stateDirectory === "auto" ? {} : { roots: [options.stateDirectory] };
    this.#states = new LlamaStates({ budgetBytes: options.savedStateBytes, ...roots });
    this.#tools = { tokenBytes: this.tokenBytes, scorer: new TokenScorer(context) };
  }

  /**
   * Loads the model, makes a context and uses it once.
   * @param poolSamplers false: leaves the binding as it is, which is also done where it is not the release that the pool knows
   * @throws Error that says what could not be had and what to change
   */
  static async start(options: LlamaOptions, { poolSamplers = true } = {}): Promise<LlamaEngine> {
    const engine = new LlamaEngine(await loadLlama(options), options);
    // The first step reads the weights from the disk, which takes many times as long as any other: no caller is to wait for it.
    await engine.#sample(Math.min(WARM_UP_TOKENS, options.contextTokens - 1), GREEDY);
    if (poolSamplers) {
      const draw = (seed: number): Promise<number> => engine.#sample(1, { ...EVEN, seed });
      engine.#pool = await SamplerPool.tryInstall(engine.#context.model, draw);
    }
    return engine;
  }

  /** How many native samplers there are for use again and again; undefined where each is used once. */
  get pooledSamplers(): number | undefined {
    return this.#pool?.size;
  }

  isEndOfGeneration(tokenId: number): boolean {
    return this.#context.model.isEogToken(tokenId as Token);
  }

  openDecoder(opening: DecoderOpening): Decoder {
    this.#addGarbage();
    return new LlamaDecoder(ownSequence(opening.sequence), opening, this.#tools);
  }

  async step(work: StepWork): Promise<StepResults> {
    const pulling = work.pulls.map((decoder) => ownDecoder(decoder).pull());
    const reading = work.prefills.map(({ sequence, tokenIds }) => {
      this.#addGarbage();
      return ownSequence(sequence).read(tokenIds);
    });
    return { pulls: await Promise.all(pulling), prefills: await Promise.all(reading) };
  }

  async save(sequence: EngineSequence): Promise<SavedState | undefined> {
    return await this.#states.save(ownSequence(sequence));
  }

  async restore(sequence: EngineSequence, state: SavedState): Promise<boolean> {
    return await this.#states.restore(ownSequence(sequence), state);
  }

  /** One token from a prompt of zeros, on a sequence that is empty before and after. */
  async #sample(promptTokens: number, sampling: Sampling): Promise<number> {
    const [sequence] = this.sequences;
    if (sequence === undefined) throw new Error("an engine has at least one sequence");
    const opening = { sequence, tokenIds: new Uint32Array(promptTokens), sampling };
    const decoder = new LlamaDecoder(sequence, opening, this.#tools);
    const token = await decoder.pull();
    decoder.close();
    // Its sampler is let go of in a later turn.
    await nextTurn();
    await sequence.trim(0);
    return typeof token === "number" ? token : -1;
  }

  tidy(idle: boolean): void {
    this.#garbage.tidy(idle);
  }

  /** A sampler comes to be that is used once. */
  #addGarbage(): void {
    if (this.#pool === undefined) this.#garbage.add();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { llama } = this.#context.model;
    this.#states[Symbol.dispose]();
    this.#pool?.[Symbol.dispose]();
    await this.#context.dispose();
    await this.#context.model.dispose();
    await llama.dispose();
  }
}

function ownSequence(sequence: EngineSequence): LlamaSequence {
  if (!(sequence instanceof LlamaSequence)) throw new TypeError("the sequence is another engine's");
  return sequence;
}

function ownDecoder(decoder: Decoder): LlamaDecoder {
  if (!(decoder instanceof LlamaDecoder)) throw new TypeError("the decoder is another engine's");
  return decoder;
}
