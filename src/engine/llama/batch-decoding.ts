import { BatchDecoder, type BatchTools } from "./batch-decoder.js";
import type { Batch, BatchItem, BindingInternals } from "./binding-internals.js";
import type { EvaluatedBatch } from "./compute-threads.js";
import type { Decoding } from "./decoding.js";
import {
  type Decoder,
  type DecoderOpening,
  EngineFault,
  type PrefillChunk,
  type Pull,
  type PullResult,
  type StepResults,
  type StepWork,
} from "../engine.js";
import { faultFrom, ownSequence } from "./llama-sequence.js";
import { SamplerPool } from "./sampler-pool.js";
import { startNudging } from "./thread-nudge.js";

export interface BatchDecodingParts extends Omit<BatchTools, "samplers"> {
  /** Called after each batch that was evaluated, before the next begins. */
  readonly onEvaluated?: ((batch: EvaluatedBatch) => void) | undefined;
}

const NO_BATCH: Batch = { places: new Map(), done: Promise.resolve() };

/**
 * Decoding by batches of our own, past the binding's queue: a step is one call for the batch and one for each token drawn, with native samplers that
 * are used again. Several tokens of a run can be tried in one step.
 */
export class BatchDecoding implements Decoding {
  readonly #internals: BindingInternals;
  readonly #samplers: SamplerPool;
  readonly #tools: BatchTools;
  readonly #onEvaluated: ((batch: EvaluatedBatch) => void) | undefined;

  constructor(parts: BatchDecodingParts) {
    this.#internals = parts.internals;
    this.#onEvaluated = parts.onEvaluated;
    this.#samplers = new SamplerPool(() => parts.internals.createSampler());
    this.#tools = { ...parts, samplers: this.#samplers };
  }

  /** How many native samplers there are. */
  get samplers(): number {
    return this.#samplers.size;
  }

  openDecoder(opening: DecoderOpening): Decoder {
    return new BatchDecoder(ownSequence(opening.sequence), opening, this.#tools);
  }

  async step({ pulls, prefills }: StepWork): Promise<StepResults> {
    const pulling = pulls.map(({ decoder, draft }) => tryItem(() => ownDecoder(decoder).item(draft)));
    const reading = prefills.map((chunk) => tryItem(() => ownSequence(chunk.sequence).item(chunk.tokenIds)));
    const items = [...pulling, ...reading].filter((item): item is BatchItem => !(item instanceof EngineFault));
    const startedMs = performance.now();
    const startedCpu = process.cpuUsage();
    const batch = this.#begin(items);
    const evaluated = settle(batch);
    const drawing = pulls.map((pull, index) => draw(pull, placesOf(pulling[index], batch), evaluated));
    const fault = await evaluated;
    if (fault === undefined && this.#onEvaluated !== undefined && items.length > 0) {
      const { user, system } = process.cpuUsage(startedCpu);
      const tokens = items.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
      this.#onEvaluated({ tokens, ms: performance.now() - startedMs, cpuMs: (user + system) / 1_000 });
    }
    const read = prefills.map((chunk, index) => endReading(chunk, faultOf(reading[index]) ?? fault));
    return { pulls: drawing, prefills: await Promise.all(read) };
  }

  tidy(): void {
    // Nothing is let go of.
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

function placesOf(item: BatchItem | EngineFault | undefined, batch: Batch | EngineFault): Uint32Array | EngineFault {
  if (item === undefined || item instanceof EngineFault) return item ?? new EngineFault("no item was made");
  if (batch instanceof EngineFault) return batch;
  return batch.places.get(item) ?? new EngineFault("the item was not evaluated");
}

/** @returns what went wrong */
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

/** @param evaluated settles with the batch, which may have nothing of this pull in it */
async function draw(
  pull: Pull,
  places: Uint32Array | EngineFault,
  evaluated: Promise<EngineFault | undefined>,
): Promise<PullResult> {
  const decoder = ownDecoder(pull.decoder);
  try {
    if (places instanceof EngineFault) throw places;
    return await decoder.draw(places, pull.draft);
  } catch (error) {
    decoder.close();
    // Nothing is taken out of the cache while llama.cpp computes with it.
    await evaluated;
    await decoder.sequence.reset();
    return faultFrom(error);
  }
}

async function endReading(
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
