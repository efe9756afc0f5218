import type { LlamaContext, Token } from "node-llama-cpp";
import type { Sampling } from "../core/generation-request.js";
import { NEUTRAL_SAMPLING } from "../core/neutral-sampling.js";
import type { EngineFacts } from "../core/model-facts.js";
import type { Decoder, DecoderOpening, Engine, EngineSequence, StepResults, StepWork } from "./engine.js";
import { type DecoderTools, LlamaDecoder } from "./llama-decoder.js";
import { LlamaSequence } from "./llama-sequence.js";
import { tokenBytesOf } from "./llama-vocabulary.js";
import { loadLlama, type LlamaOptions } from "./load-llama.js";
import { SamplerGarbage } from "./sampler-garbage.js";
import { TokenScorer } from "./token-scorer.js";

const GREEDY: Sampling = { ...NEUTRAL_SAMPLING, temperature: 0 };
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
    this.#tools = { tokenBytes: this.tokenBytes, scorer: new TokenScorer(context) };
  }

  /** Loads the model, makes a context and uses it once. @throws Error that says what could not be had and what to change */
  static async start(options: LlamaOptions): Promise<LlamaEngine> {
    const engine = new LlamaEngine(await loadLlama(options), options);
    await engine.#warmUp();
    return engine;
  }

  isEndOfGeneration(tokenId: number): boolean {
    return this.#context.model.isEogToken(tokenId as Token);
  }

  openDecoder(opening: DecoderOpening): Decoder {
    this.#garbage.add();
    return new LlamaDecoder(ownSequence(opening.sequence), opening, this.#tools);
  }

  async step(work: StepWork): Promise<StepResults> {
    const pulling = work.pulls.map((decoder) => ownDecoder(decoder).pull());
    const reading = work.prefills.map(({ sequence, tokenIds }) => {
      this.#garbage.add();
      return ownSequence(sequence).read(tokenIds);
    });
    return { pulls: await Promise.all(pulling), prefills: await Promise.all(reading) };
  }

  /** The first step reads the weights from the disk, which takes many times as long as any other: no caller is to wait for it. */
  async #warmUp(): Promise<void> {
    const [sequence] = this.sequences;
    if (sequence === undefined) return;
    const tokenIds = new Uint32Array(Math.min(WARM_UP_TOKENS, this.facts.contextTokens - 1));
    const decoder = new LlamaDecoder(sequence, { sequence, tokenIds, outputTokens: [], sampling: GREEDY }, this.#tools);
    await decoder.pull();
    decoder.close();
    await sequence.trim(0);
  }

  tidy(idle: boolean): void {
    this.#garbage.tidy(idle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { llama } = this.#context.model;
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
