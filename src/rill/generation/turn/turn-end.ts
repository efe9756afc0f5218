import type { FinishReason } from "../../../core/finish-reason.js";
import type { ErrorCode } from "../../../core/generation-error.js";
import type { WatchedEnd } from "../../../core/generation-event.js";
import type { TurnEnd } from "../../../sessions/held-turn.js";

const STATUS_OF_FINISH: Readonly<Record<FinishReason, TurnEnd["status"]>> = {
  end_of_turn: "complete",
  stop_sequence: "complete",
  stop_token: "complete",
  max_tokens: "truncated",
  context_length: "truncated",
  time_limit: "truncated",
  tool_calls: "complete",
  constraint_complete: "complete",
  repetition: "truncated",
  cancelled_softly: "cancelled",
};

/** The codes by which a caller ends an answer: it left, or it called CancelGeneration. */
const CANCELS: ReadonlySet<ErrorCode> = new Set(["CANCELLED", "CANCELLED_BY_REQUEST"]);

/** How a turn is stored whose generation ended so. */
export function toTurnEnd(end: WatchedEnd): Pick<TurnEnd, "status" | "outcome"> {
  const { usage } = end;
  if (end.type === "finished") {
    const outcome = { finishReason: end.reason, error: undefined, usage };
    return { status: STATUS_OF_FINISH[end.reason], outcome };
  }
  const { code } = end.error;
  const outcome = { finishReason: undefined, error: code, usage };
  return { status: CANCELS.has(code) ? "cancelled" : "failed", outcome };
}
