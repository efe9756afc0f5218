import { BatchDecoder, type BatchTools } from "./batch-decoder.js";
import type { BatchItem, BindingInternals } from "./binding-internals.js";
import type { Decoding } from "./decoding.js";
import {
  type Decoder,
  type DecoderOpening,
  EngineFault,
  type PrefillChunk,
  type Pull,
  type SampledToken,
  type StepResults,
  type StepWork,
} from "./engine.js";
import { faultFrom, ownSequence } from "./llama-sequence.js";
import { SamplerPool } from "./sampler-pool.js";
import { startNudging } from "./thread-nudge.js";

/** Where the logits of each item lie, or what became of it. */
type Evaluated = ReadonlyMap<BatchItem, Uint32Array> | EngineFault;

/**
 * Decoding by batches of our own, past the binding's queue: a step is one call for the batch and one for each token drawn, with native samplers that
 * are used again. Several tokens of a run can be tried in one step.
 */
export class BatchDecoding implements Decoding {
  readonly #internals: BindingInternals;
  readonly #samplers: SamplerPool;
  readonly #tools: BatchTools;

  constructor(parts: Omit<BatchTools, "samplers">) {
    this.#internals = parts.internals;
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
    const evaluated = await this.#evaluate(
      [...pulling, ...reading].filter((item): item is BatchItem => !(item instanceof EngineFault)),
    );
    return {
      pulls: await Promise.all(pulls.map((pull, index) => draw(pull, placesOf(pulling[index], evaluated)))),
      prefills: await Promise.all(prefills.map((chunk, index) => settle(chunk, placesOf(reading[index], evaluated)))),
    };
  }

  tidy(): void {
    // Nothing is let go of.
  }

  [Symbol.dispose](): void {
    this.#samplers[Symbol.dispose]();
  }

  async #evaluate(items: readonly BatchItem[]): Promise<Evaluated> {
    if (items.length === 0) return new Map();
    try {
      const decoding = this.#internals.decode(items);
      using _ = startNudging();
      return await decoding;
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

function placesOf(item: BatchItem | EngineFault | undefined, evaluated: Evaluated): Uint32Array | EngineFault {
  if (item === undefined || item instanceof EngineFault) return item ?? new EngineFault("no item was made");
  if (evaluated instanceof EngineFault) return evaluated;
  return evaluated.get(item) ?? new EngineFault("the item was not evaluated");
}

async function draw(pull: Pull, places: Uint32Array | EngineFault): Promise<readonly SampledToken[] | EngineFault> {
  const decoder = ownDecoder(pull.decoder);
  try {
    if (places instanceof EngineFault) throw places;
    return await decoder.draw(places, pull.draft);
  } catch (error) {
    decoder.close();
    await decoder.sequence.reset();
    return faultFrom(error);
  }
}

async function settle({ sequence }: PrefillChunk, places: Uint32Array | EngineFault): Promise<EngineFault | undefined> {
  if (!(places instanceof EngineFault)) return undefined;
  await ownSequence(sequence).reset();
  return places;
}

function ownDecoder(decoder: Decoder): BatchDecoder {
  if (!(decoder instanceof BatchDecoder)) throw new TypeError("the decoder is another engine's");
  return decoder;
}
