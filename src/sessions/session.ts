import type { Message } from "../core/conversation.js";
import type { FinishReason } from "../core/finish-reason.js";
import type { ErrorCode } from "../core/generation-error.js";
import type { ToolCall } from "../core/tool.js";
import type { Usage } from "../core/usage.js";

/** Which session is meant. One of another owner is as unknown as one that never was. */
export interface SessionKey {
  /** The tenant that the session belongs to; "" where the server knows no tenants. */
  readonly owner: string;
  readonly sessionId: string;
}

/** A stored conversation, without its turns. All times are ms since the epoch. */
export interface Session {
  readonly sessionId: string;
  /** 1 when it is created, and one more with every change that is stored: no number is left out, none comes twice. */
  readonly revision: number;
  readonly labels: ReadonlyMap<string, string>;
  /** Turns that are stored, those included whose messages were appended or copied; also the number of the last one. */
  readonly turns: number;
  /** What its messages and answers take, as the store counts them: JSON text in UTF-8. */
  readonly bytes: number;
  readonly createdMs: number;
  /** The last change, or the last sign of life of a turn that goes on. */
  readonly usedMs: number;
  /** So long after its last use it is deleted. */
  readonly idleMs: number;
  /** The turn that goes on; undefined: none. */
  readonly running: RunningTurn | undefined;
}

interface RunningTurn {
  readonly number: number;
  readonly generationId: string;
}

/**
 * appended: messages that were stored as they are, without a generation. running → complete | truncated | cancelled | failed, by `commitTurn`, or
 * → failed by a sweep, when its server was lost. Only `complete` is an answer that the model brought to its own end.
 */
export type TurnStatus = "appended" | "running" | "complete" | "truncated" | "cancelled" | "failed";

/** What a turn's answer has beside its text. */
export interface AnswerParts {
  /** What the model thought before it answered; not empty. Default: nothing. */
  readonly reasoning?: string;
  /** What it called, at least one, whole calls alone. Default: none. */
  readonly toolCalls?: readonly ToolCall[];
}

/** One entry of a session's history: messages, and the answer to them where one was asked for. */
export interface Turn extends AnswerParts {
  /** 1, 2, 3 … within its session, in the order in which they came. */
  readonly number: number;
  readonly status: TurnStatus;
  /** In their order. None where the turn goes on with the answer of the one before. */
  readonly messages: readonly Message[];
  /** True: the answer of the turn before was partial, and this one's text follows it directly. */
  readonly continues: boolean;
  /**
   * The answer's text. While the turn runs: what the last renewal of its lease brought, which is behind what was made; "" for appended turns.
   */
  readonly answer: string;
  /** undefined for appended turns. */
  readonly generationId: string | undefined;
  /** undefined until the turn has ended, and for appended turns. */
  readonly outcome: TurnOutcome | undefined;
  /** The session's when the turn's messages were stored. */
  readonly revision: number;
  /** The session's when its answer was stored; undefined while it runs, equal to `revision` for appended turns. */
  readonly endRevision: number | undefined;
  readonly createdMs: number;
  /** undefined while it runs. */
  readonly endedMs: number | undefined;
}

/** What is known about how a turn ended, beside its text. */
export interface TurnOutcome {
  /** undefined: the model did not stop by itself. */
  readonly finishReason: FinishReason | undefined;
  /** Why there is no finish reason; SERVER_LOST stands for a server that ended in the middle. */
  readonly error: ErrorCode | "SERVER_LOST" | undefined;
  /** undefined where nobody was left to count. */
  readonly usage: Usage | undefined;
}

/**
 * True: a turn may go on where this one's answer ended. One that is complete, or is none, can't be gone on with; nor can one that calls tools: what
 * comes after calls are their results.
 */
export function hasPartialAnswer(last: Pick<Turn, "status" | "toolCalls"> | undefined): boolean {
  if (last === undefined || last.toolCalls !== undefined) return false;
  return ["truncated", "cancelled", "failed"].includes(last.status);
}
