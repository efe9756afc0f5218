import type { Token } from "node-llama-cpp";
import { adjustmentFor } from "./adjustment-for.js";
import { type Decoder, type DecoderOpening, EngineFault, type PullResult } from "../engine.js";
import { ownGrammar } from "./llama-grammars.js";
import { faultFrom, type LlamaSequence } from "./llama-sequence.js";
import type { LogitAdjustment } from "./logit-adjustment.js";
import { evaluateOptionsOf } from "./sampler-options.js";

/** One of the binding's evaluation generators: it decodes when it is pulled, and only then. */
export class GeneratorDecoder implements Decoder {
  readonly sequence: LlamaSequence;
  readonly #generator: ReturnType<typeof generate>;
  readonly #adjustment: LogitAdjustment | undefined;
  readonly #isScored: boolean;
  /** What the next pull evaluates: the rest of the prompt, then the token yielded last. */
  #unevaluatedTokens: number;

  constructor(sequence: LlamaSequence, opening: DecoderOpening, tokenBytes: (tokenId: number) => Uint8Array) {
    this.sequence = sequence;
    this.#unevaluatedTokens = opening.tokenIds.length;
    this.#adjustment = adjustmentFor(opening, tokenBytes);
    this.#isScored = opening.logprobs !== undefined;
    this.#generator = generate(sequence, opening, this.#adjustment);
  }

  /** The next token, or what went wrong; the sequence is empty then. */
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
