import type { Batch, BatchItem, BindingInternals, NativeSampler } from "./binding-internals.js";
import type { EvaluatedBatch } from "./compute-threads.js";
import {
  type Decoder,
  type DecoderOpening,
  type Decoding,
  EngineFault,
  type PrefillChunk,
  type Pull,
  type PullResult,
  type SampledToken,
  type StepResults,
  type StepWork,
} from "../engine.js";
import { faultFrom, type LlamaSequence, ownSequence } from "./llama-sequence.js";
import { SamplerPool } from "./native-memory.js";
import { adjustmentFor, evaluateOptionsOf, type LogitAdjustment } from "./sampling.js";
import { type LlamaGrammarState, ownGrammar } from "./llama-grammars.js";
import { TokenScorer } from "./token-scorer.js";

/** The number of wakings after which a batch's threads have their processors. */
const NUDGES = 6;
const NUDGE_EVERY_MS = 1;

/** The tools that all decoders of one engine share. */
interface BatchTools {
  readonly internals: BindingInternals;
  readonly samplers: SamplerPool;
  readonly tokenBytes: (tokenId: number) => Uint8Array;
  /** A token with which the model ends its output; undefined if it has none. */
  readonly endToken: number | undefined;
}

export interface BatchDecodingOptions extends Omit<BatchTools, "samplers"> {
  /** Called after each batch that was evaluated, before the next begins. */
  readonly onEvaluated?: ((batch: EvaluatedBatch) => void) | undefined;
}

const NO_BATCH: Batch = { logitIndexes: new Map(), done: Promise.resolve() };

/**
 * Decodes by batches of its own, past the binding's queue. A step is one call for the batch and one for each token sampled, with native samplers that
 * are used again. Several tokens of a run can be speculated in one step.
 */
export class BatchDecoding implements Decoding {
  readonly #internals: BindingInternals;
  readonly #samplers: SamplerPool;
  readonly #tools: BatchTools;
  readonly #onEvaluated: ((batch: EvaluatedBatch) => void) | undefined;

  constructor(options: BatchDecodingOptions) {
    this.#internals = options.internals;
    this.#onEvaluated = options.onEvaluated;
    this.#samplers = new SamplerPool(() => options.internals.createSampler());
    this.#tools = { ...options, samplers: this.#samplers };
  }

  /** The number of native samplers. */
  get samplers(): number {
    return this.#samplers.size;
  }

  openDecoder(opening: DecoderOpening): Decoder {
    return new BatchDecoder(ownSequence(opening.sequence), opening, this.#tools);
  }

  async step({ pulls, prefills }: StepWork): Promise<StepResults> {
    const pulling = pulls.map(({ decoder, draft }) => tryItem(() => ownDecoder(decoder).item(draft)));
    const prefilling = prefills.map((chunk) => tryItem(() => ownSequence(chunk.sequence).item(chunk.tokenIds)));
    const items = [...pulling, ...prefilling].filter((item): item is BatchItem => !(item instanceof EngineFault));
    const startedMs = performance.now();
    const startedCpu = process.cpuUsage();
    const batch = this.#begin(items);
    const evaluated = settle(batch);
    const sampling = pulls.map((pull, index) => sample(pull, logitIndexesOf(pulling[index], batch), evaluated));
    const fault = await evaluated;
    if (fault === undefined && this.#onEvaluated !== undefined && items.length > 0) {
      const { user, system } = process.cpuUsage(startedCpu);
      const tokens = items.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
      this.#onEvaluated({ tokens, ms: performance.now() - startedMs, cpuMs: (user + system) / 1_000 });
    }
    const prefilled = prefills.map((chunk, index) => endPrefill(chunk, faultOf(prefilling[index]) ?? fault));
    return { pulls: sampling, prefills: await Promise.all(prefilled) };
  }

  tidy(): void {
    // Batches leave no garbage.
  }

  [Symbol.dispose](): void {
    this.#samplers[Symbol.dispose]();
  }

  #begin(items: readonly BatchItem[]): Batch | EngineFault {
    if (items.length === 0) return NO_BATCH;
    try {
      return this.#internals.decode(items);
    } catch (error) {
      return faultFrom(error);
    }
  }
}

function tryItem(create: () => BatchItem): BatchItem | EngineFault {
  try {
    return create();
  } catch (error) {
    return faultFrom(error);
  }
}

function faultOf(item: BatchItem | EngineFault | undefined): EngineFault | undefined {
  return item instanceof EngineFault ? item : undefined;
}

function logitIndexesOf(
  item: BatchItem | EngineFault | undefined,
  batch: Batch | EngineFault,
): Uint32Array | EngineFault {
  if (item === undefined || item instanceof EngineFault) return item ?? new EngineFault("no item was made");
  if (batch instanceof EngineFault) return batch;
  return batch.logitIndexes.get(item) ?? new EngineFault("the item was not evaluated");
}

/** @returns the fault if the batch failed */
async function settle(batch: Batch | EngineFault): Promise<EngineFault | undefined> {
  if (batch instanceof EngineFault) return batch;
  using _ = startNudging();
  try {
    await batch.done;
    return undefined;
  } catch (error) {
    return faultFrom(error);
  }
}

/** @param evaluated settles with the batch, even if nothing of this pull is in it */
async function sample(
  pull: Pull,
  logitIndexes: Uint32Array | EngineFault,
  evaluated: Promise<EngineFault | undefined>,
): Promise<PullResult> {
  const decoder = ownDecoder(pull.decoder);
  try {
    if (logitIndexes instanceof EngineFault) throw logitIndexes;
    return await decoder.sample(logitIndexes, pull.draft);
  } catch (error) {
    decoder.close();
    // The cache must not change while llama.cpp computes with it.
    await evaluated;
    await decoder.sequence.reset();
    return faultFrom(error);
  }
}

async function endPrefill(
  { sequence }: PrefillChunk,
  fault: EngineFault | undefined,
): Promise<EngineFault | undefined> {
  if (fault !== undefined) await ownSequence(sequence).reset();
  return fault;
}

function ownDecoder(decoder: Decoder): BatchDecoder {
  if (!(decoder instanceof BatchDecoder)) throw new TypeError("the decoder is another engine's");
  return decoder;
}

/** One run's sampler, and the tokens that the next batch evaluates for it. */
class BatchDecoder implements Decoder {
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

/**
 * Wakes this thread some times while a batch is evaluated. The binding starts ggml's threads anew for each batch, and Linux often puts a new thread
 * on the processor of the one that made it. The two then take turns of some clock ticks each while another processor is idle. A processor that falls
 * idle looks for waiting threads at once, so one short turn of this thread on the idle one is enough. To be disposed of when the batch is done.
 */
function startNudging(): Disposable {
  let left = NUDGES;
  const timer = setInterval(() => {
    left--;
    if (left === 0) clearInterval(timer);
  }, NUDGE_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
