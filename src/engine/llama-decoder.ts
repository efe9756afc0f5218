import type { Token } from "node-llama-cpp";
import type { TokenScore } from "../core/token-score.js";
import type { Decoder, DecoderOpening } from "./engine.js";
import { EngineFault } from "./engine.js";
import { faultFrom, type LlamaSequence } from "./llama-sequence.js";
import { LogitAdjustment } from "./logit-adjustment.js";
import { adjustingOptionsOf, samplerOptionsOf } from "./sampler-options.js";
import type { ScoreWatch, TokenScorer } from "./token-scorer.js";

/** What decoders of one engine share. */
export interface DecoderTools {
  readonly tokenBytes: (tokenId: number) => Uint8Array;
  readonly scorer: TokenScorer;
}

/** One of the binding's evaluation generators: it decodes when it is pulled, and only then. */
export class LlamaDecoder implements Decoder {
  readonly sequence: LlamaSequence;
  readonly #generator: ReturnType<typeof generate>;
  readonly #adjustment: LogitAdjustment | undefined;
  readonly #scores: ScoreWatch | undefined;
  /** What the next pull evaluates: the rest of the prompt, then the token yielded last. */
  #unevaluatedTokens: number;
  #score: TokenScore | undefined;

  constructor(sequence: LlamaSequence, opening: DecoderOpening, { tokenBytes, scorer }: DecoderTools) {
    this.sequence = sequence;
    this.#unevaluatedTokens = opening.tokenIds.length;
    this.#adjustment = adjustmentFor(opening, tokenBytes);
    this.#scores = opening.logprobs === undefined ? undefined : scorer.watch(sequence.inner, opening.logprobs);
    this.#generator = generate(sequence, opening, this.#adjustment);
  }

  get score(): TokenScore | undefined {
    return this.#score;
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
      this.#adjustment?.push(value.token);
      this.#score = this.#scores?.score;
      return value.token;
    } catch (error) {
      this.close();
      await this.sequence.reset();
      return faultFrom(error);
    }
  }

  close(): void {
    this.#scores?.[Symbol.dispose]();
    void this.#generator.return();
  }
}

function generate({ inner }: LlamaSequence, opening: DecoderOpening, adjustment: LogitAdjustment | undefined) {
  const { sampling } = opening;
  const { model } = inner;
  const adjusting = adjustment === undefined ? {} : adjustingOptionsOf(sampling, { adjustment, model });
  const options = { ...samplerOptionsOf(sampling), ...adjusting, yieldEogToken: true };
  return inner.evaluateWithMetadata(Array.from(opening.tokenIds) as Token[], { confidence: true }, options);
}

function adjustmentFor(
  { sequence, tokenIds, outputTokens = [], sampling }: DecoderOpening,
  tokenBytes: (tokenId: number) => Uint8Array,
): LogitAdjustment | undefined {
  const inputTokens = function* (): Generator<number> {
    const all = [...sequence.tokens(), ...tokenIds];
    yield* all.slice(0, all.length - outputTokens.length);
  };
  return LogitAdjustment.for({ sampling, inputTokens: inputTokens(), outputTokens, tokenBytes });
}
