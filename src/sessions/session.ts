import type { Message, ToolCall } from "../core/conversation.js";
import type { FinishReason } from "../core/run-end.js";
import type { ErrorCode } from "../core/generation-error.js";
import type { Usage } from "../core/generation-report.js";

/** The name of a session. A session of another owner is as unknown as one that never existed. */
export interface SessionKey {
  /** The tenant that the session belongs to, or "" if the server knows no tenants. */
  readonly owner: string;
  readonly sessionId: string;
}

/** A stored conversation without its turns. All times are ms since the epoch. */
export interface Session {
  readonly sessionId: string;
  /** 1 at its creation. Every stored change adds 1, so no number is left out or used twice. */
  readonly revision: number;
  readonly labels: ReadonlyMap<string, string>;
  /** The number of stored turns, with those that were appended or copied. It is also the number of the last turn. */
  readonly turns: number;
  /** The size of its messages and answers, as the store counts it: JSON text in UTF-8. */
  readonly bytes: number;
  readonly createdMs: number;
  /** The time of the last change, or of the last renewal of a running turn's lease. */
  readonly usedMs: number;
  /** The session is deleted this long after its last use. */
  readonly idleMs: number;
  /** The running turn. undefined: none runs. */
  readonly running: RunningTurn | undefined;
}

interface RunningTurn {
  readonly number: number;
  readonly generationId: string;
}

/**
 * appended: the turn's messages were stored without a generation.
 * running → complete | truncated | cancelled | failed, by `commitTurn`; or running → failed by a sweep, when its server was lost. The model has ended
 * the answer by itself only in a turn that is `complete`.
 */
export type TurnStatus = "appended" | "running" | "complete" | "truncated" | "cancelled" | "failed";

/** The parts of a turn's answer beside its text. */
export interface AnswerParts {
  /** The reasoning before the answer; not empty. Default: none. */
  readonly reasoning?: string;
  /** The tool calls, at least one, and only complete ones. Default: none. */
  readonly toolCalls?: readonly ToolCall[];
}

/** One entry of a session's history: messages, and their answer if one was requested. */
export interface Turn extends AnswerParts {
  /** 1, 2, 3 … within the session, in the order of storing. */
  readonly number: number;
  readonly status: TurnStatus;
  /** The messages in their order. There are none if the turn continues the answer of the turn before. */
  readonly messages: readonly Message[];
  /** True: the answer of the turn before was partial, and this turn's text follows it directly. */
  readonly continues: boolean;
  /**
   * The answer's text. While the turn runs, it is the text of the last renewal of the lease, which lags behind the generation. "" for appended turns.
   */
  readonly answer: string;
  /** undefined for appended turns. */
  readonly generationId: string | undefined;
  /** undefined until the turn has ended, and for appended turns. */
  readonly outcome: TurnOutcome | undefined;
  /** The session's revision after the turn's messages were stored. */
  readonly revision: number;
  /** The session's revision after the answer was stored. undefined while the turn runs; equal to `revision` for appended turns. */
  readonly endRevision: number | undefined;
  readonly createdMs: number;
  /** undefined while it runs. */
  readonly endedMs: number | undefined;
}

/** The facts about a turn's end, beside its text. */
export interface TurnOutcome {
  /** undefined: the model did not stop by itself. */
  readonly finishReason: FinishReason | undefined;
  /** The reason for the missing finish reason. SERVER_LOST: the server ended while the turn ran. */
  readonly error: ErrorCode | "SERVER_LOST" | undefined;
  /** undefined if the server was lost before it counted. */
  readonly usage: Usage | undefined;
}

/**
 * Returns whether the next turn may continue this one's answer. An answer that is complete cannot be continued, and neither can one with tool calls,
 * which their results follow.
 */
export function hasPartialAnswer(last: Pick<Turn, "status" | "toolCalls"> | undefined): boolean {
  if (last === undefined || last.toolCalls !== undefined) return false;
  return ["truncated", "cancelled", "failed"].includes(last.status);
}
