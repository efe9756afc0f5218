import type { RunSpec } from "../core/engine-wall.js";

/** What a generation submits once its input is prepared: all that the engine needs but the run's id. */
export type PreparedRun = Omit<RunSpec, "runId"> & {
  /** How long the preparing took. */
  readonly prepareMs: number;
};

/** What crosses the wall for it. */
export function runSpecOf({ inputTokens, sampling, stopping, output }: PreparedRun, runId: number): RunSpec {
  return { runId, inputTokens, sampling, stopping, output };
}
