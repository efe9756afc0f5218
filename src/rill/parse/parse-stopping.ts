import type { Stopping as StoppingMessage } from "../../../generated/rill/v1/stopping.js";
import type { Stopping } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { parseDurationMs } from "./number-field.js";
import { parseRepetitionGuard } from "./parse-repetition-guard.js";
import { parseTokenIds } from "./parse-token-ids.js";
import type { Violations } from "../../core/violations.js";

export interface StoppingBounds {
  readonly limits: Limits;
  readonly vocabularySize: number;
}

/** When the generation ends. Whether the maximum fits the context is seen once the input is counted. */
export function parseStopping(
  stopping: StoppingMessage | undefined,
  { limits, vocabularySize }: StoppingBounds,
  violations: Violations,
): Stopping {
  const maxOutputTokens = stopping?.maxOutputTokens;
  if (maxOutputTokens === 0) violations.add("stopping.max_output_tokens", "is 0; it must be at least 1");
  const timeLimit = { min: 0, aboveMin: true, max: limits.generationTimeMs, fallback: limits.generationTimeMs };
  return Object.freeze({
    maxOutputTokens,
    stopSequences: parseStopSequences(stopping?.stopSequences ?? [], limits, violations),
    stopTokenIds: parseStopTokenIds(stopping?.stopTokenIds ?? [], { limits, vocabularySize }, violations),
    ignoreEndOfGeneration: stopping?.ignoreEndOfGeneration ?? false,
    repetitionGuard: parseRepetitionGuard(stopping?.repetitionGuard, violations),
    timeLimitMs: parseDurationMs(
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
