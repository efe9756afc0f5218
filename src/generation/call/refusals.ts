import { GenerationError, type Violations } from "../../core/generation-error.js";
import type { Scheduler } from "../../scheduler/scheduler.js";
import type { StoreProblem, StoreResult } from "../../sessions/store-problem.js";
import type { EngineFacts, ModelFacts } from "../../core/model-facts.js";
import type { Preparer } from "../../prepare/preparer.js";
import type { LifecycleState } from "../../scheduler/lifecycle-state.js";
import type { Message } from "../../core/conversation.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import type { Turn } from "../../sessions/session.js";

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

/** The parts that serve calls once the model is loaded. */
export interface Backend {
  readonly scheduler: Scheduler;
  readonly preparer: Pick<Preparer, "prepare" | "tokenize" | "detokenize" | "resolveBiases">;
  readonly model: ModelFacts;
  readonly engine: EngineFacts;
}

/** The way by which services reach the backend. */
export interface BackendSource {
  readonly lifecycle: LifecycleState;
  /** undefined while starting. */
  readonly backend: () => Backend | undefined;
}

/** A caller that is refused while the model loads is told to ask again after this time, because nothing is measured that would predict the load. */
const STARTING_RETRY_MS = 1_000;

/** @throws GenerationError STARTING, ENGINE_LOST or DRAINING, by the lifecycle, while there is no backend */
export function requireBackend({ lifecycle, backend }: BackendSource): Backend {
  const found = backend();
  if (found !== undefined) return found;
  const retry = { retryAfterMs: STARTING_RETRY_MS };
  switch (lifecycle.current) {
    case "starting":
    case "serving":
      throw new GenerationError("STARTING", "the model is still being loaded", retry);
    case "failed":
      throw new GenerationError("ENGINE_LOST", "the engine is gone; the server starts again", retry);
    case "draining":
    case "stopped":
      throw new GenerationError("DRAINING", "the server is about to stop and takes no more calls", retry);
  }
}

const MAX_ID_TEXT_BYTES = 64;

/**
 * Checks that every tool call has an id of its own, and that every result names an earlier call. Missing ids are reported elsewhere.
 * @param known the ids of the calls earlier in the conversation
 */
export function checkCallIds(
  { field, messages, known = [] }: { field: string; messages: readonly Message[]; known?: Iterable<string> },
  violations: Violations,
): void {
  const ids = new Set(known);
  for (const [index, { toolCalls = [], toolCallId = "" }] of messages.entries()) {
    if (toolCallId !== "" && !ids.has(toolCallId)) {
      violations.add(`${field}[${index}].tool_call_id`, `is ${quoted(toolCallId)}, the id of no earlier call`);
    }
    for (const [callIndex, { id }] of toolCalls.entries()) {
      if (ids.has(id)) {
        violations.add(`${field}[${index}].tool_calls[${callIndex}].id`, `is ${quoted(id)}, the id of another call`);
      }
      if (id !== "") ids.add(id);
    }
  }
}

/** Refuses messages that end in tool calls, because something, such as their results, must follow before the model continues. */
export function refuseCallsAtEnd(
  { field, messages }: { field: string; messages: readonly Message[] },
  violations: Violations,
): void {
  if (messages.at(-1)?.toolCalls === undefined) return;
  violations.add(
    `${field}[${messages.length - 1}].tool_calls`,
    "are at the end of the messages; their results must follow",
  );
}

/** The ids of all calls of a session: those that the model made, and those that came with messages. */
export function storedCallIds(history: readonly Pick<Turn, "messages" | "toolCalls">[]): string[] {
  const idsOf = ({ toolCalls = [] }: Pick<Turn, "toolCalls">): string[] => toolCalls.map(({ id }) => id);
  return history.flatMap((turn) => [...turn.messages.flatMap(idsOf), ...idsOf(turn)]);
}

function quoted(id: string): string {
  return JSON.stringify(wellFormedText(id, MAX_ID_TEXT_BYTES));
}
