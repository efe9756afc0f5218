import type { ToolCallJson } from "../command/generation-answer.js";

/** What the command line reads of SessionService's messages, as their JSON has it: a value that is not there is zero or absent. */
export interface SessionJson {
  readonly sessionId?: string;
  readonly revision?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly turns?: number;
  readonly storedBytes?: number;
  /** Such as "86400s". */
  readonly idleTimeout?: string;
  /** Such as "2026-01-31T12:00:00.250Z". */
  readonly createdTime?: string;
  readonly usedTime?: string;
  readonly runningTurn?: { readonly number?: number; readonly generationId?: string };
}

/** An entry of a session. */
export interface TurnJson {
  readonly number?: number;
  /** Such as "TURN_STATUS_COMPLETE". */
  readonly status?: string;
  readonly messages?: readonly {
    readonly role?: string;
    readonly content?: string;
    readonly toolCalls?: readonly ToolCallJson[];
    readonly toolCallId?: string;
  }[];
  readonly continues?: boolean;
  readonly answer?: string;
  readonly toolCalls?: readonly ToolCallJson[];
  readonly finishReason?: string;
  readonly errorReason?: string;
}

/** The answers that hold one session. */
export interface SessionAnswerJson {
  readonly session?: SessionJson;
}
