import { GenerationError, quotaExceeded } from "../../core/generation-error.js";
import type { Scheduler } from "../../scheduler/scheduler.js";
import type { StoreProblem, StoreResult } from "../../sessions/store-problem.js";

interface RefusedCall {
  readonly scheduler: Pick<Scheduler, "noteRefusal">;
  readonly signal: AbortSignal;
}

/** The error with which a call is refused before the scheduler was asked. It is counted beside the scheduler's own refusals, unless the caller has left. */
export function notedRefusal(thrown: unknown, { scheduler, signal }: RefusedCall): GenerationError {
  const error = GenerationError.from(thrown);
  if (!signal.aborted) scheduler.noteRefusal(error);
  return error;
}

/** Waits for the result, and counts the refusal where there is none. @throws GenerationError */
export async function notingRefusal<Result>(result: Promise<Result>, call: RefusedCall): Promise<Result> {
  try {
    return await result;
  } catch (thrown) {
    throw notedRefusal(thrown, call);
  }
}

/** Returns the value that the store answered with. @throws GenerationError for a problem, in the caller's words */
export function storedValue<Value>(result: StoreResult<Value>): Value {
  if (result.ok) return result.value;
  throw storeError(result.problem);
}

export function storeError(problem: StoreProblem): GenerationError {
  switch (problem.type) {
    case "session_not_found":
      return new GenerationError("SESSION_NOT_FOUND", "there is no session of that id, or it was idle for too long");
    case "turn_not_found": {
      const facts = { turns: String(problem.turns) };
      return new GenerationError("TURN_NOT_FOUND", `the session has ${problem.turns} turns`, { facts });
    }
    case "revision_mismatch": {
      const facts = { revision: String(problem.revision) };
      return new GenerationError("REVISION_MISMATCH", `the session has revision ${problem.revision}`, { facts });
    }
    case "busy": {
      const facts = { generation_id: problem.generationId };
      return new GenerationError("SESSION_BUSY", "a turn of the session runs", { facts });
    }
    case "too_many_sessions": {
      const facts = { limit: String(problem.limit) };
      return new GenerationError("TOO_MANY_SESSIONS", `${problem.limit} sessions are stored already`, { facts });
    }
    case "quota_exceeded": {
      const { owner: tenant, quota, limit, used, added } = problem;
      const message =
        quota === "sessions"
          ? `${used} sessions of the tenant are stored, and its bound ${quota} is ${limit}; delete sessions to make room`
          : `the tenant's sessions hold ${used} bytes, and the call would add ${added}; its bound ${quota} is ${limit}; delete sessions to make room`;
      return quotaExceeded({ tenant, quota, limit, used, message, retryAfterMs: undefined });
    }
    case "too_many_turns": {
      const facts = { limit: String(problem.limit) };
      return new GenerationError("SESSION_FULL", `the session has ${problem.limit} turns already`, { facts });
    }
    case "too_many_bytes": {
      const facts = { bytes: String(problem.bytes), limit: String(problem.limit) };
      const text = `the session would hold ${problem.bytes} bytes; at most ${problem.limit}`;
      return new GenerationError("SESSION_FULL", text, { facts });
    }
    case "unavailable": {
      const text = "the store of sessions is out of order";
      const cause = new Error(problem.message);
      return new GenerationError("STORE_UNAVAILABLE", text, { facts: { fault: problem.fault }, cause });
    }
    case "nothing_to_continue":
      return new GenerationError("NOTHING_TO_CONTINUE", "the session does not end in a partial answer");
    case "fenced_out":
      return new GenerationError(
        "LEASE_LOST",
        "the server was out of touch for too long: the session went on without it",
      );
  }
}
