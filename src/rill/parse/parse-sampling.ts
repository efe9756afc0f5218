import { randomInt } from "node:crypto";
import type { Sampling as SamplingMessage } from "../../../generated/rill/v1/sampling.js";
import type { RequestedSampling } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { type NumberField, parseNumber } from "./number-field.js";
import { parseDry } from "./parse-dry.js";
import { parseLogitBias } from "./parse-logit-bias.js";
import type { Violations } from "../../core/violations.js";

const TEMPERATURE = { fallback: 0.8, min: 0, max: 5 };
const TOP_P = { fallback: 0.95, min: 0, max: 1, aboveMin: true };
const MIN_P = { fallback: 0.05, min: 0, max: 1 };
const REPEAT_PENALTY = { fallback: 1, min: 0, max: 2, aboveMin: true };
const PRESENCE_PENALTY = { fallback: 0, min: -2, max: 2 };
const FREQUENCY_PENALTY = { fallback: 0, min: -2, max: 2 };
const XTC_PROBABILITY = { fallback: 0.5, min: 0, max: 1 };
const XTC_THRESHOLD = { fallback: 0.1, min: 0, max: 0.5 };
const DEFAULT_TOP_K = 40;
const DEFAULT_PENALTY_WINDOW = 64;
const SEEDS = 2 ** 32;

export interface SamplingBounds {
  readonly limits: Limits;
  readonly vocabularySize: number;
  /** What input and output may have together: no window is longer. */
  readonly contextTokens: number;
}

type Bounds = Omit<NumberField, "field" | "value">;

/** How tokens are drawn, with every default filled in; the seed, where none is given, by chance. */
export function parseSampling(
  sampling: SamplingMessage | undefined,
  { limits, vocabularySize, contextTokens }: SamplingBounds,
  violations: Violations,
): RequestedSampling {
  const number = (field: string, value: number | undefined, bounds: Bounds): number =>
    parseNumber({ field: `sampling.${field}`, value, ...bounds }, violations);
  const topK = { fallback: Math.min(DEFAULT_TOP_K, vocabularySize), min: 0, max: vocabularySize };
  const window = { fallback: Math.min(DEFAULT_PENALTY_WINDOW, contextTokens), min: 0, max: contextTokens };
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
    seed: sampling?.seed ?? randomInt(SEEDS),
  });
}
