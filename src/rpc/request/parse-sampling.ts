import { randomInt } from "node:crypto";
import type { Sampling as SamplingMessage } from "../../../generated/rill/v1/sampling.js";
import type { Sampling } from "../../core/generation-request.js";
import { parseNumber } from "./number-field.js";
import type { Violations } from "./violations.js";

const DEFAULT_TEMPERATURE = 0.8;
const DEFAULT_TOP_K = 40;
const DEFAULT_TOP_P = 0.95;
const DEFAULT_MIN_P = 0.05;
const SEEDS = 2 ** 32;

/** How tokens are drawn, with every default filled in; the seed, where none is given, by chance. */
export function parseSampling(
  sampling: SamplingMessage | undefined,
  { vocabularySize }: { vocabularySize: number },
  violations: Violations,
): Sampling {
  const number = (field: string, value: number | undefined, rest: { fallback: number; min: number; max: number }) => ({
    field: `sampling.${field}`,
    value,
    ...rest,
  });
  const topK = { fallback: Math.min(DEFAULT_TOP_K, vocabularySize), min: 0, max: vocabularySize };
  const topP = { fallback: DEFAULT_TOP_P, min: 0, max: 1 };
  const minP = { fallback: DEFAULT_MIN_P, min: 0, max: 1 };
  const temperature = { fallback: DEFAULT_TEMPERATURE, min: 0, max: 5 };
  return Object.freeze({
    temperature: parseNumber(number("temperature", sampling?.temperature, temperature), violations),
    topK: parseNumber(number("top_k", sampling?.topK, topK), violations),
    topP: parseNumber({ ...number("top_p", sampling?.topP, topP), aboveMin: true }, violations),
    minP: parseNumber(number("min_p", sampling?.minP, minP), violations),
    seed: sampling?.seed ?? randomInt(SEEDS),
  });
}
