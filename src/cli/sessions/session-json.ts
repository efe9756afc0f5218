import type { ToolCallJson } from "../command/generation-json.js";

/** The part of SessionService's messages that the command line reads, in their JSON form. An absent value is zero or unset. */
export interface SessionJson {
  readonly sessionId?: string;
  readonly revision?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly turns?: number;
  readonly storedBytes?: number;
  /** The idle timeout, such as "86400s". */
  readonly idleTimeout?: string;
  /** The time of creation, such as "2026-01-31T12:00:00.250Z". */
  readonly createdTime?: string;
  readonly usedTime?: string;
  readonly runningTurn?: { readonly number?: number; readonly generationId?: string };
}

/** A turn of a session. */
export interface TurnJson {
  readonly number?: number;
  /** The status, such as "TURN_STATUS_COMPLETE". */
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

/** The responses that contain one session. */
export interface SessionResponseJson {
  readonly session?: SessionJson;
}
