import { type LlamaModel, type SequenceEvaluateOptions, type Token, TokenBias } from "node-llama-cpp";
import { type Dry, NEVER_BIAS, type Sampling } from "../../core/generation-request.js";
import type { DecoderOpening } from "../engine.js";

/** The temperature below which the best token has all the probability that single precision can tell, and the division of logits may overflow. */
const GREEDY_BELOW_TEMPERATURE = 1e-6;
/** llama.cpp takes this seed to mean "choose one", so its neighbour stands in for it. */
const LLAMA_RANDOM_SEED = 0xffff_ffff;

interface Adjusting {
  readonly adjustment: LogitAdjustment;
  readonly model: LlamaModel;
}

/** Translates sampling into the binding's options, which ask for the effect of an adjustment before each token. */
export function evaluateOptionsOf(sampling: Sampling, adjusting: Adjusting | undefined): SequenceEvaluateOptions {
  if (adjusting === undefined) return samplerOptionsOf(sampling);
  return { ...samplerOptionsOf(sampling), ...adjustingOptionsOf(sampling, adjusting) };
}

/** Translates all that does not change from token to token. */
function samplerOptionsOf(sampling: Sampling): SequenceEvaluateOptions {
  const seed = sampling.seed === LLAMA_RANDOM_SEED ? LLAMA_RANDOM_SEED - 1 : sampling.seed;
  // A sampler that is left the best token alone chooses as the greedy sampler does, and tells a probability that can be checked.
  if (sampling.temperature < GREEDY_BELOW_TEMPERATURE) return { temperature: 1, topK: 1, topP: 1, minP: 0, seed };
  const { temperature, topK, topP, minP, xtc } = sampling;
  return { temperature, topK, topP, minP, seed, ...(xtc === undefined ? {} : { xtc }) };
}

/** Translates an adjustment. The binding adds biases first, then applies the repeat penalty, then filters. */
function adjustingOptionsOf(sampling: Sampling, { adjustment, model }: Adjusting): SequenceEvaluateOptions {
  const tokenBias = () => createStepBias(model, adjustment.biases());
  if (sampling.repeatPenalty === 1 || sampling.penaltyWindow === 0) return { tokenBias };
  const repeatPenalty = {
    penalty: sampling.repeatPenalty,
    maxPunishTokens: sampling.penaltyWindow,
    punishTokens: () => adjustment.repeatTokens() as Token[],
  };
  return { tokenBias, repeatPenalty };
}

/**
 * Makes the biases of one step in the binding's form. They are written past its `set`, which ignores end-of-generation tokens and takes probabilities
 * in place of logits. @throws Error if the binding keeps its biases elsewhere
 */
function createStepBias(model: LlamaModel, biases: ReadonlyMap<number, number>): TokenBias {
  const bias = TokenBias.for(model);
  if (!("_biases" in bias) || !(bias._biases instanceof Map)) throw new Error("the binding keeps its biases elsewhere");
  const entries = bias._biases as Map<Token, number>;
  for (const [tokenId, logit] of biases) entries.set(tokenId as Token, logit);
  return bias;
}

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

interface DryPenaltyOptions {
  readonly dry: Dry;
  readonly tokenBytes: (tokenId: number) => Uint8Array;
}

/**
 * The contract's DRY penalty over the tokens of one run. The binding's own penalty begins with an empty history, which would forget the tokens before
 * a preemption. Each token costs one pass over the window.
 */
export class DryPenalty {
  readonly #dry: Dry;
  readonly #tokenBytes: (tokenId: number) => Uint8Array;
  readonly #breakers: BreakerWatch;
  readonly #tokens: number[] = [];
  /**
   * At i: the length of the longest row that ends with token i and equals the end of all tokens. It is exact within the window, and no more of it is
   * counted.
   */
  readonly #matches: number[] = [];
  #tokensSinceBreaker = 0;

  constructor({ dry, tokenBytes }: DryPenaltyOptions) {
    this.#dry = dry;
    this.#tokenBytes = tokenBytes;
    this.#breakers = new BreakerWatch(dry.sequenceBreakers);
  }

  /** Takes the next token of input or output. */
  push(tokenId: number): void {
    const count = this.#tokens.length;
    const start = this.#windowStart(count + 1);
    // The pass runs backwards, since each match builds on the old one of its neighbour before it.
    for (let index = count - 1; index >= start; index--) {
      const before = index > start ? (this.#matches[index - 1] ?? 0) : 0;
      this.#matches[index] = this.#tokens[index] === tokenId ? before + 1 : 0;
    }
    this.#tokens.push(tokenId);
    this.#matches.push(0);
    this.#tokensSinceBreaker = this.#breakers.push(this.#tokenBytes(tokenId)) ? 0 : this.#tokensSinceBreaker + 1;
  }

  /** The penalty on the logit of each token that would lengthen a repeat. */
  penalties(): ReadonlyMap<number, number> {
    const { multiplier, base, allowedLength } = this.#dry;
    const penalties = new Map<number, number>();
    for (const [tokenId, length] of this.#repeats()) {
      if (length < allowedLength || this.#breakers.isWithin(this.#tokenBytes(tokenId))) continue;
      penalties.set(tokenId, multiplier * base ** (length - allowedLength));
    }
    return penalties;
  }

  /** For each token that once followed the last tokens: the largest number of these tokens that came before it. */
  #repeats(): ReadonlyMap<number, number> {
    const longest = new Map<number, number>();
    const start = this.#windowStart(this.#tokens.length);
    for (let index = start; index < this.#tokens.length - 1; index++) {
      const length = Math.min(this.#matches[index] ?? 0, index - start + 1, this.#tokensSinceBreaker);
      const next = this.#tokens[index + 1];
      if (next !== undefined && length > (longest.get(next) ?? 0)) longest.set(next, length);
    }
    return longest;
  }

  #windowStart(count: number): number {
    return Math.max(0, count - this.#dry.window);
  }
}

/** Finds sequence breakers in text that comes in bytes. A breaker may be split over several pushes. */
class BreakerWatch {
  /** The breakers with one character for each byte, since pushed bytes may be part of a code point. */
  readonly #breakers: readonly string[];
  readonly #keptLength: number;
  /** The last bytes, in which a breaker may have begun. */
  #kept = "";

  /** @param breakers not empty */
  constructor(breakers: readonly string[]) {
    this.#breakers = breakers.map((breaker) => Buffer.from(breaker).toString("latin1"));
    this.#keptLength = Math.max(0, ...this.#breakers.map(({ length }) => length - 1));
  }

  /** Whether these bytes contain a whole breaker. */
  isWithin(bytes: Uint8Array): boolean {
    const text = Buffer.from(bytes).toString("latin1");
    return this.#breakers.some((breaker) => text.includes(breaker));
  }

  /** @returns whether a breaker ends within these bytes */
  push(bytes: Uint8Array): boolean {
    const text = this.#kept + Buffer.from(bytes).toString("latin1");
    const keptLength = this.#kept.length;
    this.#kept = this.#keptLength === 0 ? "" : text.slice(-this.#keptLength);
    return this.#breakers.some((breaker) => text.includes(breaker, Math.max(0, keptLength - breaker.length + 1)));
  }
}
