import {
  type Decoder,
  type DecoderOpening,
  type Decoding,
  EngineFault,
  type PullResult,
  type StepResults,
  type StepWork,
} from "../engine.js";
import { faultFrom, type LlamaSequence, ownSequence } from "./llama-sequence.js";
import { SamplerGarbage } from "./native-memory.js";
import type { Token } from "node-llama-cpp";
import { adjustmentFor, evaluateOptionsOf, type LogitAdjustment } from "./sampling.js";
import { ownGrammar } from "./llama-grammars.js";

export interface GeneratorDecodingOptions {
  readonly tokenBytes: (tokenId: number) => Uint8Array;
  readonly vocabularySize: number;
}

/**
 * Decodes by the public, sequence-level interface of the binding. All generators of a step are pulled in one tick, so that the binding puts them in
 * one batch. Drafts are ignored. A sampler that throws, which none is known to do, is an unhandled rejection inside the binding and ends the worker,
 * so that no run waits for ever.
 */
export class GeneratorDecoding implements Decoding {
  readonly #tokenBytes: (tokenId: number) => Uint8Array;
  readonly #garbage: SamplerGarbage;

  constructor({ tokenBytes, vocabularySize }: GeneratorDecodingOptions) {
    this.#tokenBytes = tokenBytes;
    this.#garbage = new SamplerGarbage(vocabularySize);
  }

  openDecoder(opening: DecoderOpening): Decoder {
    this.#garbage.add();
    return new GeneratorDecoder(ownSequence(opening.sequence), opening, this.#tokenBytes);
  }

  async step(work: StepWork): Promise<StepResults> {
    const pulling = work.pulls.map(({ decoder }) => ownDecoder(decoder).pull());
    const prefilling = work.prefills.map(({ sequence, tokenIds }) => {
      this.#garbage.add();
      return ownSequence(sequence).prefill(tokenIds);
    });
    return { pulls: pulling, prefills: await Promise.all(prefilling) };
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

/** One of the binding's evaluation generators, which decodes only when it is pulled. */
class GeneratorDecoder implements Decoder {
  readonly sequence: LlamaSequence;
  readonly #generator: ReturnType<typeof generate>;
  readonly #adjustment: LogitAdjustment | undefined;
  readonly #isScored: boolean;
  /** The number of tokens that the next pull evaluates: the rest of the prompt, then the token yielded last. */
  #unevaluatedTokens: number;

  constructor(sequence: LlamaSequence, opening: DecoderOpening, tokenBytes: (tokenId: number) => Uint8Array) {
    this.sequence = sequence;
    this.#unevaluatedTokens = opening.tokenIds.length;
    this.#adjustment = adjustmentFor(opening, tokenBytes);
    this.#isScored = opening.logprobs !== undefined;
    this.#generator = generate(sequence, opening, this.#adjustment);
  }

  /** Pulls the next token. After a fault the sequence is empty. */
  async pull(): Promise<PullResult> {
    try {
      // The binding tells probabilities only after its samplers.
      if (this.#isScored) throw new EngineFault("this release of the binding has no scores");
      this.sequence.checkRoom(this.#unevaluatedTokens);
      const { value } = await this.#generator.next();
      if (value === undefined) throw new EngineFault("the binding ended the generation");
      // The probability of the token among its candidates is a number unless the logits are not.
      if (!Number.isFinite(value.confidence)) throw new EngineFault("the model's logits are not numbers");
      this.#unevaluatedTokens = 1;
      this.#adjustment?.push(value.token);
      return [{ tokenId: value.token }];
    } catch (error) {
      this.close();
      await this.sequence.reset();
      return faultFrom(error);
    }
  }

  close(): void {
    void this.#generator.return();
  }
}

function generate({ inner }: LlamaSequence, opening: DecoderOpening, adjustment: LogitAdjustment | undefined) {
  const options = evaluateOptionsOf(opening.sampling, adjustment && { adjustment, model: inner.model });
  const held = opening.grammar === undefined ? {} : { grammarEvaluationState: ownGrammar(opening.grammar).native };
  const tokens = Array.from(opening.tokenIds) as Token[];
  return inner.evaluateWithMetadata(tokens, { confidence: true }, { ...options, ...held, yieldEogToken: true });
}
