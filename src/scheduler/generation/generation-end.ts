import { GenerationError } from "../../core/generation-error.js";
import type { FinishedEvent } from "../../core/generation-message.js";
import type { GenerationEnd, Timings } from "../../core/generation-report.js";
import type { RunOutcome } from "../../core/run-end.js";
import type { GenerationAccount } from "./generation-account.js";
import type { GenerationPhase, RunFinish } from "./generation-phase.js";

/** The finish of a run that was cancelled softly before it began. */
export const NEVER_RUN: RunFinish = Object.freeze({
  type: "finished",
  reason: "cancelled_softly",
  stopMatch: undefined,
  incompleteText: false,
});

/** How a generation in this phase ended; undefined while anything of it is held. */
export function endOf(phase: GenerationPhase): GenerationEnd | undefined {
  if (phase.type === "finished") return { type: "finished", reason: phase.finish.reason };
  if (phase.type === "failed") return { type: "failed", code: phase.error.code, message: phase.error.message };
  return undefined;
}

/** The event that tells a generation's reader of its proper end. */
export function toFinishedEvent(
  { reason, stopMatch, incompleteText }: RunFinish,
  account: GenerationAccount,
  timings: Timings,
): FinishedEvent {
  const { restarts } = account;
  return { type: "finished", reason, stopMatch, incompleteText, usage: account.usage(), timings, restarts };
}

/** The error of a generation whose run did not come to its own end although nobody aborted it. */
export function toRunError(outcome: Exclude<RunOutcome, { type: "finished" }>, generationId: string): GenerationError {
  switch (outcome.type) {
    case "cancelled":
      return new GenerationError("ENGINE_LOST", "the engine was closed");
    case "failed":
      return new GenerationError("ENGINE_FAULT", "the engine failed in this generation", {
        facts: { generation_id: generationId },
        cause: outcome.message,
      });
  }
}
