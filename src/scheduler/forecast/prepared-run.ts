import type { RunSpec } from "../../core/engine-messages.js";

/** What a generation submits once its input is prepared: all that the engine needs but the run's id. */
export type PreparedRun = Omit<RunSpec, "runId"> & {
  /** How long the preparing took. */
  readonly prepareMs: number;
  /** When its call's deadline passes, by the scheduler's clock; undefined: it has none. */
  readonly deadlineMs: number | undefined;
  /** The longest that the caller would wait in line; 0: only a slot that is free at once; undefined: no bound of the caller's. */
  readonly maxWaitMs: number | undefined;
};

/** What crosses the wall for it. */
export function runSpecOf(run: PreparedRun, runId: number): RunSpec {
  const { inputTokens, sampling, stopping, output, format, grammar, reasoningBudgetTokens, comesBack = false } = run;
  return { runId, inputTokens, sampling, stopping, output, format, grammar, reasoningBudgetTokens, comesBack };
}
