import { GenerationError } from "../../core/generation-error.js";
import type { RunStopping } from "../../core/engine-messages.js";
import type { Stopping } from "../../core/generation-request.js";

/** The counts that decide whether a run fits. */
export interface RunFit {
  readonly inputTokens: number;
  /** The most tokens of input and output together. */
  readonly contextTokens: number;
  readonly stopping: Stopping;
  /** The most output tokens if the caller gave no maximum. */
  readonly defaultMaxOutputTokens: number;
}

/**
 * Settles how many tokens a run may put out. Pure; called on the main thread before the generation waits.
 * - A maximum that the caller gave stands, and must fit beside the input.
 * - Without one, the maximum is the default or the room that the input leaves, whichever is smaller. To reach the room means that the context is full.
 * @throws GenerationError INPUT_TOO_LONG with the counts, also if not one output token fits
 */
export function fitRun(fit: RunFit): RunStopping {
  const { inputTokens, contextTokens, stopping } = fit;
  const given = stopping.maxOutputTokens;
  const available = contextTokens - inputTokens;
  const wanted = given ?? 1;
  if (wanted > available) throw tooLong(fit, wanted);
  return {
    maxOutputTokens: given ?? Math.min(fit.defaultMaxOutputTokens, available),
    clampedByContext: given === undefined && available < fit.defaultMaxOutputTokens,
    stopSequences: stopping.stopSequences,
    stopTokenIds: stopping.stopTokenIds,
    ignoreEndOfGeneration: stopping.ignoreEndOfGeneration,
    repetitionGuard: stopping.repetitionGuard,
    timeLimitMs: stopping.timeLimitMs,
  };
}

function tooLong({ inputTokens, contextTokens, stopping }: RunFit, wanted: number): GenerationError {
  const available = Math.max(0, contextTokens - inputTokens);
  const description = `the input has ${inputTokens} tokens and the context holds ${contextTokens}, which leaves ${available} for the output`;
  const violations =
    stopping.maxOutputTokens === undefined
      ? []
      : [{ field: "stopping.max_output_tokens", description: `${wanted} is too many: ${description}` }];
  return new GenerationError("INPUT_TOO_LONG", description, {
    violations,
    facts: {
      input_tokens: String(inputTokens),
      context_tokens: String(contextTokens),
      available_output_tokens: String(available),
    },
  });
}
