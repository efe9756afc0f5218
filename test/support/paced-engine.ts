import type {
  Decoder,
  DecoderOpening,
  Engine,
  EngineSequence,
  GrammarOptions,
  GrammarState,
  SavedState,
  StepResults,
  StepWork,
} from "../../src/engine/engine.js";
import type { EngineFacts } from "../../src/core/model-facts.js";
import type { Clock } from "../../src/sync/clock.js";
import { Deferred } from "../../src/sync/deferred.js";
import { ScriptedEngine } from "./scripted-engine.js";
import { TURN_END_TOKEN } from "./tiny-vocabulary.js";

export interface PaceOptions {
  readonly sequences: number;
  readonly contextTokens: number;
  readonly clock: Clock;
  /** What a step takes that pulls so many runs and reads so many tokens of input in. */
  readonly stepMs: (pulls: number, prefillTokens: number) => number;
  /** Whether the states of preempted runs are saved, in no time. Default: they are prefilled again. */
  readonly saves?: boolean;
}

interface Progress {
  /** Input tokens that its first pull reads in. */
  openingTokens: number;
  madeTokens: number;
  readonly wantedTokens: number;
}

/** A scripted engine whose steps take as long as they would by a given pace, on a clock that a test moves. A run's output is as long as its seed says. */
export class PacedEngine implements Engine {
  readonly facts: EngineFacts;
  readonly vocabularySize: number;
  readonly sequences: readonly EngineSequence[];
  readonly #scripted: ScriptedEngine;
  readonly #options: PaceOptions;
  readonly #progress = new WeakMap<Decoder, Progress>();

  constructor(options: PaceOptions) {
    const { sequences, contextTokens } = options;
    this.#options = options;
    this.#scripted = new ScriptedEngine({ sequences, contextTokens, cycle: true });
    this.#scripted.beforeStep = (work) => this.#passTime(work);
    this.facts = this.#scripted.facts;
    this.vocabularySize = this.#scripted.vocabularySize;
    this.sequences = this.#scripted.sequences;
  }

  tokenBytes(tokenId: number): Uint8Array {
    return this.#scripted.tokenBytes(tokenId);
  }

  controlBytes(tokenId: number): Uint8Array {
    return this.#scripted.controlBytes(tokenId);
  }

  beginGrammar(gbnf: string, options?: GrammarOptions): GrammarState | undefined {
    return this.#scripted.beginGrammar(gbnf, options);
  }

  isEndOfGeneration(tokenId: number): boolean {
    return this.#scripted.isEndOfGeneration(tokenId);
  }

  openDecoder(opening: DecoderOpening): Decoder {
    const decoder = this.#scripted.openDecoder(opening);
    const openingTokens = opening.tokenIds.length;
    this.#progress.set(decoder, { openingTokens, madeTokens: 0, wantedTokens: opening.sampling.seed });
    return decoder;
  }

  async step(work: StepWork): Promise<StepResults> {
    const plain = work.pulls.map(({ decoder }) => ({ decoder, draft: [] }));
    const { pulls, prefills } = await this.#scripted.step({ ...work, pulls: plain });
    const ending = work.pulls.map(({ decoder }) => this.#isOver(decoder));
    const end = [{ tokenId: TURN_END_TOKEN }];
    return { prefills, pulls: pulls.map(async (result, index) => (ending[index] === true ? end : await result)) };
  }

  async save(sequence: EngineSequence): Promise<SavedState | undefined> {
    return this.#options.saves === true ? await this.#scripted.save(sequence) : undefined;
  }

  async restore(sequence: EngineSequence, state: SavedState): Promise<boolean> {
    return await this.#scripted.restore(sequence, state);
  }

  tidy(idle: boolean): void {
    this.#scripted.tidy(idle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scripted[Symbol.asyncDispose]();
  }

  async #passTime(work: StepWork): Promise<void> {
    let prefillTokens = 0;
    for (const { tokenIds } of work.prefills) prefillTokens += tokenIds.length;
    for (const { decoder } of work.pulls) {
      const progress = this.#progressOf(decoder);
      prefillTokens += progress.openingTokens;
      progress.openingTokens = 0;
    }
    const passed = new Deferred<void>();
    this.#options.clock.startTimer(this.#options.stepMs(work.pulls.length, prefillTokens), passed.resolve);
    await passed.promise;
  }

  /** Counts a pull. */
  #isOver(decoder: Decoder): boolean {
    const progress = this.#progressOf(decoder);
    progress.madeTokens += 1;
    return progress.madeTokens > progress.wantedTokens;
  }

  #progressOf(decoder: Decoder): Progress {
    const progress = this.#progress.get(decoder);
    if (progress === undefined) throw new Error("the decoder is another engine's");
    return progress;
  }
}
