import type { RunSpec } from "../../core/engine-messages.js";

/** A generation's run once its input is prepared, as its call submits it. */
export interface PreparedRun {
  /** Everything the engine needs except the run's id. Every field is required, so that the compiler finds one that is forgotten. */
  readonly spec: Required<Omit<RunSpec, "runId">>;
  /** How long the preparation took. */
  readonly prepareMs: number;
  /** When the call's deadline passes, by the scheduler's clock; undefined if it has none. */
  readonly deadlineMs: number | undefined;
  /** The longest that the caller waits in the queue. 0 accepts only a slot that is free at once; undefined leaves the bound to the server. */
  readonly maxWaitMs: number | undefined;
}
