import type {
  RepetitionGuard as RepetitionGuardMessage,
  Stopping as StoppingMessage,
} from "../../../generated/rill/v1/stopping.js";
import type { Violations } from "../../core/generation-error.js";
import type { Given, RepetitionGuard, RequestedStopping } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { parseOptionalDurationMs, parseOptionalNumber, parseTokenIds } from "./parse-field.js";

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
