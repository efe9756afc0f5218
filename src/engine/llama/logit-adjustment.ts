import { NEVER_BIAS, type Sampling } from "../../core/generation-request.js";
import { DryPenalty } from "./dry-penalty.js";
import type { DecoderOpening } from "../engine.js";

export interface LogitAdjustmentOptions {
  readonly sampling: Sampling;
  readonly inputTokens: Iterable<number>;
  /** The output so far. */
  readonly outputTokens: readonly number[];
  readonly tokenBytes: (tokenId: number) => Uint8Array;
}

/**
 * The effect of a run's own tokens and its biases on the logits of its next token, by the contract's formulas. It depends on nothing but these
 * tokens, so a run that was preempted continues as if it had not been.
 */
export class LogitAdjustment {
  readonly #sampling: Sampling;
  readonly #tokens: number[];
  readonly #inputTokens: number;
  readonly #fixed: ReadonlyMap<number, number>;
  readonly #dry: DryPenalty | undefined;

  private constructor({ sampling, inputTokens, outputTokens, tokenBytes }: LogitAdjustmentOptions) {
    const { dry, logitBias } = sampling;
    this.#sampling = sampling;
    this.#tokens = [...inputTokens];
    this.#inputTokens = this.#tokens.length;
    for (const tokenId of outputTokens) this.#tokens.push(tokenId);
    this.#fixed = new Map(logitBias.map(({ tokenId, bias }) => [tokenId, bias <= NEVER_BIAS ? -Infinity : bias]));
    if (dry === undefined || dry.multiplier === 0) return;
    this.#dry = new DryPenalty({ dry, tokenBytes });
    for (const tokenId of this.#tokens) this.#dry.push(tokenId);
  }

  /** @returns undefined if the sampling leaves the logits as they are, which then costs nothing */
  static for(options: LogitAdjustmentOptions): LogitAdjustment | undefined {
    const { logitBias, dry, repeatPenalty, presencePenalty, frequencyPenalty, penaltyWindow } = options.sampling;
    const penalised = repeatPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
    const used = logitBias.length > 0 || (dry?.multiplier ?? 0) > 0 || (penalised && penaltyWindow > 0);
    return used ? new LogitAdjustment(options) : undefined;
  }

  /** Takes a token of the output. */
  push(tokenId: number): void {
    this.#tokens.push(tokenId);
    this.#dry?.push(tokenId);
  }

  /** The sum added to each logit: biases less presence, frequency and DRY penalties. */
  biases(): ReadonlyMap<number, number> {
    const { presencePenalty, frequencyPenalty } = this.#sampling;
    const biases = new Map(this.#fixed);
    const subtract = (tokenId: number, penalty: number): void =>
      void biases.set(tokenId, (biases.get(tokenId) ?? 0) - penalty);
    if (presencePenalty !== 0 || frequencyPenalty !== 0) {
      for (const [tokenId, count] of countsOf(this.#window(this.#inputTokens))) {
        subtract(tokenId, presencePenalty + count * frequencyPenalty);
      }
    }
    for (const [tokenId, penalty] of this.#dry?.penalties() ?? []) subtract(tokenId, penalty);
    return biases;
  }

  /** The tokens that the repeat penalty is for. */
  repeatTokens(): readonly number[] {
    return this.#window(0);
  }

  /** The last tokens from `first` on that the penalties look back at. */
  #window(first: number): readonly number[] {
    return this.#tokens.slice(Math.max(first, this.#tokens.length - this.#sampling.penaltyWindow));
  }
}

function countsOf(tokens: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const tokenId of tokens) counts.set(tokenId, (counts.get(tokenId) ?? 0) + 1);
  return counts;
}

/** The effect of a decoder's own tokens and its biases on its logits; undefined if there is none. */
export function adjustmentFor(
  { sequence, tokenIds, outputTokens = [], sampling }: DecoderOpening,
  tokenBytes: (tokenId: number) => Uint8Array,
): LogitAdjustment | undefined {
  const inputTokens = function* (): Generator<number> {
    const all = [...sequence.tokens(), ...tokenIds];
    yield* all.slice(0, all.length - outputTokens.length);
  };
  return LogitAdjustment.for({ sampling, inputTokens: inputTokens(), outputTokens, tokenBytes });
}
