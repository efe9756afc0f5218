import type { Token } from "node-llama-cpp";
import type { Decoder, DecoderOpening } from "./engine.js";
import { EngineFault } from "./engine.js";
import { faultFrom, type LlamaSequence } from "./llama-sequence.js";
import { samplerOptionsOf } from "./sampler-options.js";

/** One of the binding's evaluation generators: it decodes when it is pulled, and only then. */
export class LlamaDecoder implements Decoder {
  readonly sequence: LlamaSequence;
  readonly #generator: ReturnType<typeof generate>;
  /** What the next pull evaluates: the rest of the prompt, then the token yielded last. */
  #unevaluatedTokens: number;

  constructor(sequence: LlamaSequence, opening: DecoderOpening) {
    this.sequence = sequence;
    this.#unevaluatedTokens = opening.tokenIds.length;
    this.#generator = generate(sequence, opening);
  }

  /** The next token, or what went wrong; the sequence is empty then. */
  async pull(): Promise<number | EngineFault> {
    try {
      this.sequence.checkRoom(this.#unevaluatedTokens);
      const { value } = await this.#generator.next();
      if (value === undefined) throw new EngineFault("the binding ended the generation");
      // The probability of the token among its candidates is a number unless the logits are not.
      if (!Number.isFinite(value.confidence)) throw new EngineFault("the model's logits are not numbers");
      this.#unevaluatedTokens = 1;
      return value.token;
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

function generate({ inner }: LlamaSequence, opening: DecoderOpening) {
  const options = { ...samplerOptionsOf(opening.sampling), yieldEogToken: true };
  return inner.evaluateWithMetadata(Array.from(opening.tokenIds) as Token[], { confidence: true }, options);
}
