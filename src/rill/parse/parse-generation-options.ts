import type {
  Dry as DryMessage,
  LogitBias as LogitBiasMessage,
  Sampling as SamplingMessage,
} from "../../../generated/rill/v1/sampling.js";
import type { Violations } from "../../core/generation-error.js";
import {
  type Dry,
  type Given,
  MAX_BIAS,
  NEVER_BIAS,
  type RepetitionGuard,
  type RequestedBias,
  type RequestedSampling,
  type RequestedStopping,
} from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import {
  type NumberField,
  parseNumber,
  parseOptionalDurationMs,
  parseOptionalNumber,
  parseTokenIds,
} from "./parse-field.js";
import type {
  RepetitionGuard as RepetitionGuardMessage,
  Stopping as StoppingMessage,
} from "../../../generated/rill/v1/stopping.js";

const TEMPERATURE = { min: 0, max: 5 };
const TOP_P = { min: 0, max: 1, aboveMin: true };
const MIN_P = { min: 0, max: 1 };
const REPEAT_PENALTY = { min: 0, max: 2, aboveMin: true };
const PRESENCE_PENALTY = { min: -2, max: 2 };
const FREQUENCY_PENALTY = { min: -2, max: 2 };
const XTC_PROBABILITY = { min: 0, max: 1 };
const XTC_THRESHOLD = { min: 0, max: 0.5 };
const DRY_MULTIPLIER = { min: 0, max: 10 };
const DRY_BASE = { min: 1, max: 10 };
const DRY_ALLOWED_LENGTH = { min: 1, max: 1_024 };
const LOGIT_BIAS_FIELD = "sampling.logit_bias";

export interface SamplingBounds {
  readonly limits: Limits;
  readonly vocabularySize: number;
  /** The tokens that input and output may have together, which bound every window. */
  readonly contextTokens: number;
}

type Bounds = Omit<NumberField, "field" | "value" | "fallback">;

/** Parses how tokens are sampled, as the caller gave it. */
export function parseSampling(
  sampling: SamplingMessage | undefined,
  { limits, vocabularySize, contextTokens }: SamplingBounds,
  violations: Violations,
): RequestedSampling {
  const number = (field: string, value: number | undefined, bounds: Bounds): number | undefined =>
    parseOptionalNumber({ field: `sampling.${field}`, value, ...bounds }, violations);
  const topK = { min: 0, max: vocabularySize };
  const window = { min: 0, max: contextTokens };
  const xtc = sampling?.xtc;
  return Object.freeze({
    temperature: number("temperature", sampling?.temperature, TEMPERATURE),
    topK: number("top_k", sampling?.topK, topK),
    topP: number("top_p", sampling?.topP, TOP_P),
    minP: number("min_p", sampling?.minP, MIN_P),
    repeatPenalty: number("repeat_penalty", sampling?.repeatPenalty, REPEAT_PENALTY),
    presencePenalty: number("presence_penalty", sampling?.presencePenalty, PRESENCE_PENALTY),
    frequencyPenalty: number("frequency_penalty", sampling?.frequencyPenalty, FREQUENCY_PENALTY),
    penaltyWindow: number("penalty_window", sampling?.penaltyWindow, window),
    dry: parseDry(sampling?.dry, { limits, contextTokens }, violations),
    xtc: xtc && {
      probability: number("xtc.probability", xtc.probability, XTC_PROBABILITY),
      threshold: number("xtc.threshold", xtc.threshold, XTC_THRESHOLD),
    },
    logitBias: parseLogitBias(sampling?.logitBias ?? [], { limits, vocabularySize }, violations),
    seed: sampling?.seed,
  });
}

/** Parses the DRY penalty as the caller gave it. */
function parseDry(
  dry: DryMessage | undefined,
  { limits, contextTokens }: { limits: Limits; contextTokens: number },
  violations: Violations,
): Given<Dry> | undefined {
  if (dry === undefined) return undefined;
  const number = (field: string, value: number | undefined, bounds: Bounds): number | undefined =>
    parseOptionalNumber({ field: `sampling.dry.${field}`, value, ...bounds }, violations);
  return Object.freeze({
    multiplier: number("multiplier", dry.multiplier, DRY_MULTIPLIER),
    base: number("base", dry.base, DRY_BASE),
    allowedLength: number("allowed_length", dry.allowedLength, DRY_ALLOWED_LENGTH),
    window: number("window", dry.window, { min: 0, max: contextTokens }),
    sequenceBreakers: parseBreakers(dry.sequenceBreakers, limits, violations),
  });
}

function parseBreakers(
  breakers: readonly string[],
  limits: Limits,
  violations: Violations,
): readonly string[] | undefined {
  const field = "sampling.dry.sequence_breakers";
  if (breakers.length === 0) return undefined;
  if (breakers.length > limits.drySequenceBreakers) {
    violations.add(field, `has ${breakers.length} entries; at most ${limits.drySequenceBreakers}`);
    return [];
  }
  breakers.forEach((breaker, index) => {
    const bytes = Buffer.byteLength(breaker);
    if (bytes >= 1 && bytes <= limits.drySequenceBreakerBytes) return;
    violations.add(`${field}[${index}]`, `has ${bytes} bytes; it must have 1 to ${limits.drySequenceBreakerBytes}`);
  });
  return breakers;
}

/** Parses the logit biases. The prepare worker later resolves texts to tokens and reports tokens that occur twice. */
function parseLogitBias(
  biases: readonly LogitBiasMessage[],
  { limits, vocabularySize }: { limits: Limits; vocabularySize: number },
  violations: Violations,
): readonly RequestedBias[] {
  if (biases.length > limits.logitBiases) {
    violations.add(LOGIT_BIAS_FIELD, `has ${biases.length} entries; at most ${limits.logitBiases}`);
    return [];
  }
  const seen = new Set<number>();
  const parsed = biases.map((message, index): RequestedBias => {
    const field = `${LOGIT_BIAS_FIELD}[${index}]`;
    const bias = parseBias(message.bias, `${field}.bias`, violations);
    switch (message.target?.$case) {
      case "tokenId": {
        const tokenId = message.target.value;
        if (tokenId >= vocabularySize) {
          violations.add(`${field}.token_id`, `is ${tokenId}; the vocabulary has ${vocabularySize} tokens`);
        } else if (seen.has(tokenId)) {
          violations.add(`${field}.token_id`, `is ${tokenId}, which has a bias already`);
        }
        seen.add(tokenId);
        return { tokenId, bias };
      }
      case "text": {
        const text = message.target.value;
        const bytes = Buffer.byteLength(text);
        if (bytes < 1 || bytes > limits.logitBiasTextBytes) {
          violations.add(`${field}.text`, `has ${bytes} bytes; it must have 1 to ${limits.logitBiasTextBytes}`);
        }
        return { text, bias };
      }
      case undefined:
        violations.add(field, "has no target: one of token_id and text is required");
        return { tokenId: 0, bias };
    }
  });
  if (parsed.filter(({ bias }) => bias === NEVER_BIAS).length >= vocabularySize) {
    violations.add(LOGIT_BIAS_FIELD, "leaves no token that may be sampled");
  }
  return Object.freeze(parsed);
}

function parseBias(bias: number | undefined, field: string, violations: Violations): number {
  if (bias === undefined) violations.add(field, "is missing");
  return parseNumber({ field, value: bias, fallback: 0, min: NEVER_BIAS, max: MAX_BIAS }, violations);
}

const GUARD_PERIOD_TOKENS = { min: 1, max: 256 };
const GUARD_REPEATS = { min: 2, max: 1_024 };
const GUARD_TOKENS = { min: 2, max: 65_536 };

export interface StoppingBounds {
  readonly limits: Limits;
  readonly vocabularySize: number;
}

/** Parses when the generation ends, as the caller gave it. Whether the maximum fits the context is seen once the input is counted. */
export function parseStopping(
  stopping: StoppingMessage | undefined,
  { limits, vocabularySize }: StoppingBounds,
  violations: Violations,
): RequestedStopping {
  const maxOutputTokens = stopping?.maxOutputTokens;
  if (maxOutputTokens === 0) violations.add("stopping.max_output_tokens", "is 0; it must be at least 1");
  const timeLimit = { min: 0, aboveMin: true, max: limits.generationTimeMs };
  return Object.freeze({
    maxOutputTokens,
    stopSequences: parseStopSequences(stopping?.stopSequences ?? [], limits, violations),
    stopTokenIds: parseStopTokenIds(stopping?.stopTokenIds ?? [], { limits, vocabularySize }, violations),
    ignoreEndOfGeneration: stopping?.ignoreEndOfGeneration,
    repetitionGuard: parseRepetitionGuard(stopping?.repetitionGuard, violations),
    timeLimitMs: parseOptionalDurationMs(
      { field: "stopping.time_limit", value: stopping?.timeLimit, ...timeLimit },
      violations,
    ),
  });
}

function parseStopSequences(sequences: readonly string[], limits: Limits, violations: Violations): readonly string[] {
  const field = "stopping.stop_sequences";
  if (sequences.length > limits.stopSequences) {
    violations.add(field, `has ${sequences.length} entries; at most ${limits.stopSequences}`);
    return [];
  }
  sequences.forEach((sequence, index) => {
    const bytes = Buffer.byteLength(sequence);
    if (bytes >= 1 && bytes <= limits.stopSequenceBytes) return;
    violations.add(`${field}[${index}]`, `has ${bytes} bytes; it must have 1 to ${limits.stopSequenceBytes}`);
  });
  return sequences;
}

function parseStopTokenIds(
  ids: readonly number[],
  { limits, vocabularySize }: StoppingBounds,
  violations: Violations,
): readonly number[] {
  const field = "stopping.stop_token_ids";
  if (ids.length > limits.stopTokenIds) {
    violations.add(field, `has ${ids.length} entries; at most ${limits.stopTokenIds}`);
    return [];
  }
  return parseTokenIds({ field, ids, vocabularySize }, violations);
}

/** Parses the repetition guard as the caller gave it. */
function parseRepetitionGuard(
  guard: RepetitionGuardMessage | undefined,
  violations: Violations,
): Given<RepetitionGuard> | undefined {
  if (guard === undefined) return undefined;
  const number = (field: string, value: number | undefined, bounds: typeof GUARD_REPEATS): number | undefined =>
    parseOptionalNumber({ field: `stopping.repetition_guard.${field}`, value, ...bounds }, violations);
  return Object.freeze({
    maxPeriodTokens: number("max_period_tokens", guard.maxPeriodTokens, GUARD_PERIOD_TOKENS),
    minRepeats: number("min_repeats", guard.minRepeats, GUARD_REPEATS),
    minTokens: number("min_tokens", guard.minTokens, GUARD_TOKENS),
  });
}
