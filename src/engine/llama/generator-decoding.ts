import type { Decoding } from "./decoding.js";
import type { Decoder, DecoderOpening, StepResults, StepWork } from "../engine.js";
import { GeneratorDecoder } from "./generator-decoder.js";
import { ownSequence } from "./llama-sequence.js";
import { SamplerGarbage } from "./sampler-garbage.js";

export interface GeneratorDecodingParts {
  readonly tokenBytes: (tokenId: number) => Uint8Array;
  readonly vocabularySize: number;
}

/**
 * Decoding by the public, sequence-level interface of the binding. All generators of a step are pulled in one tick: the binding then puts them in
 * one batch, where pulls one by one would miss each other's. Drafts are not looked at. A sampler that throws, which none is known to do, is an
 * unhandled rejection inside the binding and ends the worker: better than the run that would wait for ever.
 */
export class GeneratorDecoding implements Decoding {
  readonly #tokenBytes: (tokenId: number) => Uint8Array;
  readonly #garbage: SamplerGarbage;

  constructor({ tokenBytes, vocabularySize }: GeneratorDecodingParts) {
    this.#tokenBytes = tokenBytes;
    this.#garbage = new SamplerGarbage(vocabularySize);
  }

  openDecoder(opening: DecoderOpening): Decoder {
    this.#garbage.add();
    return new GeneratorDecoder(ownSequence(opening.sequence), opening, this.#tokenBytes);
  }

  async step(work: StepWork): Promise<StepResults> {
    const pulling = work.pulls.map(({ decoder }) => ownDecoder(decoder).pull());
    const reading = work.prefills.map(({ sequence, tokenIds }) => {
      this.#garbage.add();
      return ownSequence(sequence).read(tokenIds);
    });
    return { pulls: pulling, prefills: await Promise.all(reading) };
  }

  tidy(idle: boolean): void {
    this.#garbage.tidy(idle);
  }

  [Symbol.dispose](): void {
    this.#garbage.tidy(true);
  }
}

function ownDecoder(decoder: Decoder): GeneratorDecoder {
  if (!(decoder instanceof GeneratorDecoder)) throw new TypeError("the decoder is another engine's");
  return decoder;
}
