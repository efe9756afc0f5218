/** A turn as a client reads it. */
export interface StoredTurn {
  readonly number: number;
  readonly status: StoredStatus;
  /** The contents of its messages. Every text that the proof sends is unique. */
  readonly said: readonly string[];
  readonly answer: string;
  readonly generationId: string | undefined;
  readonly revision: number;
  readonly endRevision: number | undefined;
}

export type StoredStatus = "appended" | "running" | "complete" | "truncated" | "cancelled" | "failed";

/** A session as it is read when all is over. */
export interface StoredSession {
  readonly sessionId: string;
  readonly revision: number;
  readonly turns: readonly StoredTurn[];
}

/** What one client saw of one call. Times are of the one clock that all clients share. */
export type ObservedCall = TurnCall | AppendCall | UpdateCall | ForkCall | ReadCall;

interface Sent {
  readonly sessionId: string;
  readonly sentMs: number;
}

/** refused: for a reason that says that the call has stored nothing. unknown: it may have, or not. */
type NotDone = { readonly type: "refused" } | { readonly type: "unknown" };

export interface TurnCall extends Sent {
  readonly type: "turn";
  /** undefined: it goes on with the last answer. */
  readonly said: string | undefined;
  /** The idempotency key. */
  readonly key: string | undefined;
  readonly accepted: AcceptedTurn | undefined;
  /** What was delivered of the answer. */
  readonly text: string;
  readonly end:
    | { readonly type: "completed"; readonly atMs: number; readonly revision: number; readonly status: StoredStatus }
    /** A repeat that was told how the turn has ended. */
    | {
        readonly type: "over";
        readonly atMs: number;
        readonly turn: Pick<StoredTurn, "number" | "status" | "endRevision">;
      }
    | NotDone;
}

export interface AcceptedTurn extends Pick<StoredTurn, "number" | "revision" | "generationId"> {
  readonly atMs: number;
}

export interface AppendCall extends Sent {
  readonly type: "append";
  readonly said: string;
  readonly end:
    { readonly type: "done"; readonly atMs: number; readonly number: number; readonly revision: number } | NotDone;
}

interface UpdateCall extends Sent {
  readonly type: "update";
  readonly end: { readonly type: "done"; readonly atMs: number; readonly revision: number } | NotDone;
}

export interface ForkCall extends Sent {
  readonly type: "fork";
  readonly end:
    { readonly type: "done"; readonly atMs: number; readonly forkId: string; readonly turns: number } | NotDone;
}

export interface ReadCall extends Sent {
  readonly type: "read";
  readonly atMs: number;
  readonly revision: number;
  /** undefined: only the session was read. */
  readonly turns: readonly StoredTurn[] | undefined;
}
