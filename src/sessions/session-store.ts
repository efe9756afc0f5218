import type { Message } from "../core/conversation.js";
import type { AnswerParts, Session, SessionKey, Turn, TurnOutcome, TurnStatus } from "./session.js";
import type { StoreResult } from "./store-problem.js";

/**
 * Where sessions are kept: one for the process, asked on the main thread, which it never holds up. Plain data goes in and comes out.
 * - What it answers `ok` is stored: it survives the process and the machine's power.
 * - Every change happens whole or not at all, and counts the session's revision up by one.
 * - Where a revision is given, it must be the session's, or nothing changes.
 * - It never rejects and never waits without bound; a store that is out of order answers `unavailable`.
 * - A call that was answered `unavailable` may be repeated: create, fork, admitTurn, renewLease, commitTurn and delete do nothing twice, and neither do
 *   update and append where a revision is given.
 *
 * A turn is a transaction in three steps, of which only the last two store anything: openTurn, admitTurn, commitTurn. Whoever admits a turn holds a
 * lease on the session, renews it until the end, and commits with it. A lease that has run out is not lost yet: the turn is given up only when
 * another call or a sweep finds it so, and then the fence has moved on: a holder that comes back late is `fenced_out` and changes nothing.
 */
export interface SessionStore extends AsyncDisposable {
  /** With the caller's id, which must be new and hard to guess. */
  create(request: CreateSession): Promise<StoreResult<Session>>;

  get(key: SessionKey): Promise<StoreResult<Session>>;

  /** Also while a turn runs. */
  update(request: UpdateSession): Promise<StoreResult<Session>>;

  /** An owner's sessions, the newest first. */
  list(request: ListSessions): Promise<StoreResult<SessionPage>>;

  /** A session's turns, the oldest first. */
  listTurns(request: ListTurns): Promise<StoreResult<TurnPage>>;

  /** With all its turns. busy: one of them runs. */
  delete(request: DeleteSession): Promise<StoreResult<undefined>>;

  /** A new session that begins with another one's turns, up to one of them. They come with its creation: all bear revision 1. */
  fork(request: ForkSession): Promise<StoreResult<Session>>;

  /** Stores messages as a turn of their own, which nothing answers. */
  append(request: AppendMessages): Promise<StoreResult<Session>>;

  /** Reads what a turn builds on and says whether it could be admitted now. Reserves nothing. */
  openTurn(request: OpenTurn): Promise<StoreResult<OpenedTurn>>;

  /** Stores the turn's messages and takes the lease, in one: the session's revision is one more, and its turn is running. */
  admitTurn(request: AdmitTurn): Promise<StoreResult<AdmittedTurn>>;

  /**
   * Keeps the lease for another while, and stores the text so far, for readers in other processes and in case this one is lost. Not a change: the
   * revision stays. Counts as use of the session.
   */
  renewLease(request: RenewLease): Promise<StoreResult<undefined>>;

  /** Stores the answer and gives the lease back: the session's revision is one more. To be answered before the caller hears of the end. */
  commitTurn(request: CommitTurn): Promise<StoreResult<CommittedTurn>>;

  /**
   * Deletes sessions that nobody has used for their idle time, and ends turns whose lease has run out: `failed`, with the text of the last renewal.
   * At most `limit` of each; `more` says that there are others.
   */
  sweep(limit: number): Promise<StoreResult<Swept>>;
}

export interface CreateSession extends SessionKey {
  readonly labels: ReadonlyMap<string, string>;
  readonly idleMs: number;
  /** Stored as turn 1, unless there are none. */
  readonly messages: readonly Message[];
}

export interface UpdateSession extends SessionKey {
  /** undefined: whichever it is. */
  readonly expectedRevision: number | undefined;
  /** undefined: they stay. */
  readonly labels: ReadonlyMap<string, string> | undefined;
  /** undefined: it stays. */
  readonly idleMs: number | undefined;
}

/** At most so much of a page; the first entry comes even if it alone is larger. */
export interface PageBounds {
  readonly maxEntries: number;
  /** As the store counts them: roughly what a response takes. */
  readonly maxBytes: number;
}

/** Where a page of sessions begins: behind this one, whether it is still there or not. */
interface SessionCursor {
  readonly createdMs: number;
  readonly sessionId: string;
}

export interface ListSessions extends PageBounds {
  readonly owner: string;
  readonly after: SessionCursor | undefined;
}

export interface SessionPage {
  readonly sessions: readonly Session[];
  /** There are others behind the last one. */
  readonly more: boolean;
}

export interface ListTurns extends SessionKey, PageBounds {
  /** Turns with higher numbers only. 0: from the start. */
  readonly afterNumber: number;
}

export interface TurnPage {
  readonly turns: readonly Turn[];
  readonly more: boolean;
  /** The session's when the page was read. */
  readonly revision: number;
}

export interface DeleteSession extends SessionKey {
  readonly expectedRevision: number | undefined;
}

export interface ForkSession extends SessionKey {
  /** The new session's. */
  readonly forkId: string;
  /** The last turn that is copied; 0: none. undefined: the last one that has ended. busy: that one runs. */
  readonly atTurn: number | undefined;
  /** undefined: those of the session. */
  readonly labels: ReadonlyMap<string, string> | undefined;
}

export interface AppendMessages extends SessionKey {
  readonly expectedRevision: number | undefined;
  /** At least one. */
  readonly messages: readonly Message[];
}

/** What makes a turn safe to repeat, within its session and for as long as its turn is stored. */
export interface TurnIdempotency {
  readonly key: string;
  /** Of all that the request says, but for its names. */
  readonly bodyDigest: string;
}

export interface OpenTurn extends SessionKey {
  readonly expectedRevision: number | undefined;
  /** Looked at before anything else. */
  readonly idempotencyKey: string | undefined;
}

export type OpenedTurn =
  /** The turn may be admitted with `session.revision`. */
  { readonly type: "open"; readonly session: Session; readonly history: readonly Turn[] } | RepeatedTurn;

/** A turn with the same idempotency key is there: it runs, or has ended in whatever way. */
export interface RepeatedTurn {
  readonly type: "repeated";
  readonly turn: Turn;
  readonly bodyDigest: string;
  /** What was handed to `commitTurn`. */
  readonly record: string | undefined;
}

export interface AdmitTurn extends SessionKey {
  /** The one that the turn was opened with: the history has not changed since. */
  readonly revision: number;
  /** Unique for ever. The same once more: the call is a repeat, and gets what the first one got. */
  readonly generationId: string;
  /** At least one, unless the turn `continues`. */
  readonly messages: readonly Message[];
  /** True: the answer goes on where the last turn's partial one ended. */
  readonly continues: boolean;
  readonly idempotency: TurnIdempotency | undefined;
  /** How long the lease lasts from now. */
  readonly leaseMs: number;
}

export type AdmittedTurn =
  | { readonly type: "admitted"; readonly lease: TurnLease; readonly revision: number }
  /** Another call with the key was quicker. */
  | RepeatedTurn;

/** The right to write one turn's end. */
export interface TurnLease extends SessionKey {
  readonly turnNumber: number;
  /** Grows with every lease of the session; whoever has a lower one than the session is out. */
  readonly fence: number;
}

export interface RenewLease extends AnswerParts {
  readonly lease: TurnLease;
  readonly leaseMs: number;
  /** All of the answer so far, its parts with it. undefined: what is stored stays. */
  readonly answer: string | undefined;
}

export interface CommitTurn extends AnswerParts {
  readonly lease: TurnLease;
  readonly status: Exclude<TurnStatus, "appended" | "running">;
  /** All of it. Stored even if it takes the session over its limit of bytes: nothing that was made is thrown away. */
  readonly answer: string;
  readonly outcome: TurnOutcome;
  /** What a repeat of the turn is to be answered with beside the turn: the caller's own text, which the store does not read. */
  readonly record: string | undefined;
}

export interface CommittedTurn {
  readonly revision: number;
}

export interface Swept {
  readonly deletedSessions: number;
  readonly endedTurns: number;
  readonly more: boolean;
}
