import type { RepetitionGuard as RepetitionGuardMessage } from "../../../generated/rill/v1/stopping.js";
import type { RepetitionGuard } from "../../core/generation-request.js";
import { parseNumber } from "./number-field.js";
import type { Violations } from "../../core/violations.js";

const MAX_PERIOD_TOKENS = { fallback: 32, min: 1, max: 256 };
const MIN_REPEATS = { fallback: 4, min: 2, max: 1_024 };
const MIN_TOKENS = { fallback: 32, min: 2, max: 65_536 };

/** The guard with its defaults filled in; undefined where none is asked for. */
export function parseRepetitionGuard(
  guard: RepetitionGuardMessage | undefined,
  violations: Violations,
): RepetitionGuard | undefined {
  if (guard === undefined) return undefined;
  const number = (field: string, value: number | undefined, bounds: typeof MIN_REPEATS): number =>
    parseNumber({ field: `stopping.repetition_guard.${field}`, value, ...bounds }, violations);
  return Object.freeze({
    maxPeriodTokens: number("max_period_tokens", guard.maxPeriodTokens, MAX_PERIOD_TOKENS),
    minRepeats: number("min_repeats", guard.minRepeats, MIN_REPEATS),
    minTokens: number("min_tokens", guard.minTokens, MIN_TOKENS),
  });
}
