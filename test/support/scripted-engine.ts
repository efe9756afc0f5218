import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { EngineFacts } from "../../src/core/model-facts.js";
import type { TokenScore } from "../../src/core/piece.js";
import {
  type Decoder,
  type DecoderOpening,
  type Engine,
  type EngineFault,
  type EngineSequence,
  type GrammarOptions,
  type GrammarState,
  type PrefillChunk,
  type SavedState,
  type PullResult,
  type StepResults,
  type StepWork,
} from "../../src/engine/engine.js";
import { TokenBytes, type TokenTexts } from "../../src/engine/llama/token-bytes.js";
import { decoderOf, faultOf, ScriptedDecoder } from "./scripted-decoder.js";
import { ownGrammar, ScriptedGrammar } from "./scripted-grammar.js";
import { ScriptedSequence } from "./scripted-sequence.js";
import {
  CONTROL_TOKENS,
  END_OF_TEXT_TOKEN,
  TURN_END_TOKEN,
  TURN_START_TOKEN,
  tinyVocabulary,
} from "./tiny-vocabulary.js";

/**
 * Token ids that make something happen. In a prompt, all but FAIL_PREFILL and CYCLE stand for a position in the output: when the echo reaches it, it
 * happens instead of a token.
 */
export const SCRIPT = {
  /** The pull fails; the other runs of the step go on. */
  FAIL_PULL: 60_000,
  /** The chunk of the prompt that carries it can't be prefilled. */
  FAIL_PREFILL: 60_001,
  /** Every run of the step fails, as if the decode had. */
  FAIL_STEP: 60_002,
  /** The engine breaks its promise: `step` rejects, the worker dies. */
  DIE: 60_003,
  /** The step never ends; pings are answered. */
  HANG: 60_004,
  /** The thread stands still: not even pings are answered. Only on a worker. */
  BLOCK: 60_005,
  /** Makes no output; the run echoes its prompt for ever. */
  CYCLE: 60_006,
} as const;

/** Of the tokens that a test brings itself. */
export const FIRST_EXTRA_TOKEN = 1_000;
/** Of the control tokens that a test brings itself. */
export const FIRST_CONTROL_TOKEN = 2_000;
const CONTROL_TYPE = 3;
const VOCABULARY_SIZE = 65_536;
const SILENT_TOKENS: ReadonlySet<number> = new Set([
  END_OF_TEXT_TOKEN,
  TURN_START_TOKEN,
  TURN_END_TOKEN,
  SCRIPT.FAIL_PREFILL,
  SCRIPT.CYCLE,
]);

/** Plain data, so that it can be a worker's workerData. */
export interface ScriptedOptions {
  /** Default 4. */
  readonly sequences?: number;
  /** Default 2,048. */
  readonly contextTokens?: number;
  /** How long each step takes; default 0: one turn of the event loop. */
  readonly stepMs?: number;
  /** True: every run echoes its prompt for ever. */
  readonly cycle?: boolean;
  /** The number of tokens at the prompt's end that are echoed. Default: all. */
  readonly echoedTokens?: number;
  /** Default true; false: there is never room to save a state. */
  readonly saves?: boolean;
  /** The number of pulls after which every pull fails, as after the model's file was overwritten; default: never. */
  readonly breaksAfterPulls?: number;
  /** The bytes of tokens 1,000, 1,001 and so on. */
  readonly extraTokens?: readonly (readonly number[])[];
  /** Control tokens 2,000, 2,001 and so on, by their texts. Echoed like others. */
  readonly controlTokens?: readonly string[];
}

/**
 * The engine's double: a run's output is its own prompt (control tokens left out) and then the end of turn. Holds its user to the engine's contract and
 * throws where that is broken. Vocabulary: the tiny model's, and SCRIPT.
 */
export class ScriptedEngine implements Engine {
  readonly facts: EngineFacts;
  readonly vocabularySize = VOCABULARY_SIZE;
  readonly sequences: readonly ScriptedSequence[];
  readonly #options: ScriptedOptions;
  readonly #bytes: TokenBytes;
  readonly #extraBytes: readonly Uint8Array[];
  readonly #controlBytes: ReadonlyMap<number, Uint8Array>;
  /** Tests hold a step up with it, or look at what it does. */
  beforeStep: (work: StepWork) => Promise<void> | void = () => {};
  /** The same before the result of one of a step's pulls is told. */
  beforeDrawn: (index: number) => Promise<void> | void = () => {};
  steps = 0;
  pulls = 0;
  prefillTokens = 0;
  openDecoders = 0;
  /** Begun so far. */
  grammars = 0;
  tidied = { idle: 0, between: 0 };
  /** Saved states that were not disposed of. */
  savedStates = 0;
  restored = 0;
  disposed = false;

  constructor(options: ScriptedOptions = {}) {
    this.#options = options;
    this.#bytes = new TokenBytes(vocabulary());
    this.#extraBytes = (options.extraTokens ?? []).map((bytes) => Uint8Array.from(bytes));
    const controlTokens = [...CONTROL_TOKENS.entries()].map(
      ([index, text]) => [END_OF_TEXT_TOKEN + index, text] as const,
    );
    const extraTokens = (options.controlTokens ?? []).map(
      (text, index) => [FIRST_CONTROL_TOKEN + index, text] as const,
    );
    this.#controlBytes = new Map([...controlTokens, ...extraTokens].map(([id, text]) => [id, Buffer.from(text)]));
    const contextTokens = options.contextTokens ?? 2_048;
    this.sequences = Array.from({ length: options.sequences ?? 4 }, () => new ScriptedSequence(contextTokens));
    this.facts = { contextTokens, sequences: this.sequences.length, threads: 1, release: "scripted" };
  }

  tokenBytes(tokenId: number): Uint8Array {
    return this.#extraBytes[tokenId - FIRST_EXTRA_TOKEN] ?? this.#bytes.of(tokenId);
  }

  controlBytes(tokenId: number): Uint8Array {
    return this.#controlBytes.get(tokenId) ?? new Uint8Array();
  }

  beginGrammar(gbnf: string, { written }: GrammarOptions = {}): GrammarState | undefined {
    this.grammars++;
    return new ScriptedGrammar(gbnf).after(Buffer.from(written ?? []).toString("latin1"));
  }

  isEndOfGeneration(tokenId: number): boolean {
    return tokenId === END_OF_TEXT_TOKEN || tokenId === TURN_END_TOKEN;
  }

  openDecoder(opening: DecoderOpening): Decoder {
    if (opening.tokenIds.length === 0) throw new Error("a decoder needs the last token of the prompt");
    this.openDecoders++;
    const tokens = [...opening.sequence.tokens(), ...opening.tokenIds];
    const { outputTokens = [] } = opening;
    const generated = outputTokens.length;
    const prompt = tokens.slice(0, tokens.length - generated);
    if (generated > 0 && tokens.slice(prompt.length).join() !== outputTokens.join()) {
      throw new Error("the tokens do not end in the output so far");
    }
    return new ScriptedDecoder({
      sequence: scripted(opening.sequence),
      unevaluated: opening.tokenIds,
      echo: prompt.filter((tokenId) => !SILENT_TOKENS.has(tokenId)).slice(-(this.#options.echoedTokens ?? Infinity)),
      generated,
      cycle: this.#options.cycle === true || prompt.includes(SCRIPT.CYCLE),
      failing: { pull: SCRIPT.FAIL_PULL, prefill: SCRIPT.FAIL_PREFILL },
      score: (tokenId) => (opening.logprobs === undefined ? undefined : scriptedScore(tokenId, opening.logprobs)),
      grammar: opening.grammar === undefined ? undefined : ownGrammar(opening.grammar),
      tokenBytes: (tokenId) => this.tokenBytes(tokenId),
      onClose: () => this.openDecoders--,
    });
  }

  async step(work: StepWork): Promise<StepResults> {
    checkDistinct([...work.pulls.map(({ decoder }) => decoder), ...work.prefills].map(({ sequence }) => sequence));
    this.steps++;
    this.pulls += work.pulls.length;
    const stepMs = this.#options.stepMs ?? 0;
    await (stepMs > 0 ? sleep(stepMs) : nextTurn());
    await this.beforeStep(work);
    const decoders = work.pulls.map(({ decoder }) => decoderOf(decoder));
    const next = decoders.map((decoder) => decoder.peek());
    if (next.includes(SCRIPT.DIE)) throw new Error("the script says die");
    if (next.includes(SCRIPT.HANG)) await new Promise<never>(() => {});
    if (next.includes(SCRIPT.BLOCK)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    const isBroken = this.pulls > (this.#options.breaksAfterPulls ?? Infinity);
    const stepFails = isBroken || next.includes(SCRIPT.FAIL_STEP);
    return {
      pulls: work.pulls
        .map(({ decoder, draft }) => (stepFails ? faultOf(decoder) : decoderOf(decoder).pull(draft)))
        .map((result, index) => this.#tell(result, index)),
      prefills: work.prefills.map((chunk) => (stepFails ? faultOf(chunk) : this.#read(chunk))),
    };
  }

  async save(sequence: EngineSequence): Promise<SavedState | undefined> {
    await nextTurn();
    if (this.#options.saves === false) return undefined;
    this.savedStates++;
    let kept = true;
    const tokenIds = sequence.tokens();
    return {
      tokenIds,
      bytes: tokenIds.length,
      [Symbol.dispose]: () => {
        if (kept) this.savedStates--;
        kept = false;
      },
    };
  }

  async restore(sequence: EngineSequence, state: SavedState): Promise<boolean> {
    await nextTurn();
    this.restored++;
    await sequence.trim(0);
    scripted(sequence).append(state.tokenIds);
    return true;
  }

  tidy(idle: boolean): void {
    this.tidied[idle ? "idle" : "between"]++;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
  }

  async #tell(result: PullResult, index: number): Promise<PullResult> {
    await this.beforeDrawn(index);
    return result;
  }

  #read({ sequence, tokenIds }: PrefillChunk): EngineFault | undefined {
    this.prefillTokens += tokenIds.length;
    if (tokenIds.includes(SCRIPT.FAIL_PREFILL)) return faultOf({ sequence });
    scripted(sequence).append(tokenIds);
    return undefined;
  }
}

/** What the scripted engine says of a token: an eighth of its id as the logarithm, and the first tokens of the vocabulary as the most likely ones. */
export function scriptedScore(tokenId: number, topTokens: number): TokenScore {
  const top = Array.from({ length: topTokens }, (_, index) => ({ tokenId: index, logprob: 0 - index / 4 }));
  return { logprob: 0 - tokenId / 8, top };
}

function scripted(sequence: EngineSequence): ScriptedSequence {
  if (!(sequence instanceof ScriptedSequence)) throw new Error("the sequence is another engine's");
  return sequence;
}

function checkDistinct(sequences: readonly EngineSequence[]): void {
  if (new Set(sequences).size !== sequences.length) throw new Error("a sequence is in the step twice");
  if (sequences.length === 0) throw new Error("the step has nothing to do");
}

/** The tiny model's, in which the single-byte tokens have their byte as id. */
function vocabulary(): TokenTexts {
  const { tokens, tokenTypes } = tinyVocabulary();
  return {
    encoding: "byte_level",
    tokens,
    kindOf: (tokenId) => (tokenTypes[tokenId] === CONTROL_TYPE ? "none" : "normal"),
  };
}
