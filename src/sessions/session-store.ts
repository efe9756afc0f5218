import type { Message } from "../core/conversation.js";
import type { AnswerParts, Session, SessionKey, Turn, TurnOutcome, TurnStatus } from "./session.js";
import type { StoreResult } from "./store-problem.js";

/**
 * The store of sessions. A process has one; the main thread asks it, and it never blocks that thread. Requests and results are plain data.
 * - A result that is `ok` is stored: it survives the process and a loss of power.
 * - Every change is made whole or not at all, and adds 1 to the session's revision.
 * - A given revision must be the session's, or nothing changes.
 * - The store never rejects and never waits without bound. A store that is out of order answers `unavailable`.
 * - A call that was answered `unavailable` may be repeated: create, fork, admitTurn, renewLease, commitTurn and delete do nothing twice, and neither
 *   do update and append with a revision.
 *
 * A turn is a transaction of three steps: openTurn, admitTurn and commitTurn. Only the last two store anything. The caller that admits a turn holds a
 * lease on the session, renews it until the end, and commits with it. A lease that has run out is not lost at once: the turn is given up when another
 * call or a sweep finds it so. The fence has moved on then, and a holder that comes back late is `fenced_out` and changes nothing.
 */
export interface SessionStore extends AsyncDisposable {
  /** Creates a session with the caller's id, which must be new and hard to guess. */
  create(request: CreateSession): Promise<StoreResult<Session>>;

  get(key: SessionKey): Promise<StoreResult<Session>>;

  /** Changes a session, also while a turn runs. */
  update(request: UpdateSession): Promise<StoreResult<Session>>;

  /** Lists an owner's sessions, the newest first. */
  list(request: ListSessions): Promise<StoreResult<SessionPage>>;

  /** Lists a session's turns, the oldest first. */
  listTurns(request: ListTurns): Promise<StoreResult<TurnPage>>;

  /** Deletes a session with all its turns. busy: a turn runs. */
  delete(request: DeleteSession): Promise<StoreResult<undefined>>;

  /** Creates a session that begins with another one's turns, up to one of them. All of them bear revision 1, because they come with the creation. */
  fork(request: ForkSession): Promise<StoreResult<Session>>;

  /** Stores messages as a turn of their own, which gets no answer. */
  append(request: AppendMessages): Promise<StoreResult<Session>>;

  /** Reads the history that a turn builds on, and says whether the turn could be admitted now. It reserves nothing. */
  openTurn(request: OpenTurn): Promise<StoreResult<OpenedTurn>>;

  /** Stores the turn's messages and takes the lease, in one transaction. The session's revision grows by 1, and its turn is running. */
  admitTurn(request: AdmitTurn): Promise<StoreResult<AdmittedTurn>>;

  /**
   * Renews the lease and stores the text so far, for readers in other processes and for the case that this one is lost. The revision stays. A renewal
   * counts as use of the session.
   */
  renewLease(request: RenewLease): Promise<StoreResult<undefined>>;

  /** Stores the answer and returns the lease. The session's revision grows by 1. The caller hears of the turn's end only after this is answered. */
  commitTurn(request: CommitTurn): Promise<StoreResult<CommittedTurn>>;

  /**
   * Deletes sessions that were idle for too long, and ends turns whose lease has run out as `failed`, with the text of the last renewal. It does at
   * most `limit` of each; `more` says that others are left.
   */
  sweep(limit: number): Promise<StoreResult<Swept>>;
}

export interface CreateSession extends SessionKey {
  readonly labels: ReadonlyMap<string, string>;
  readonly idleMs: number;
  /** The messages are stored as turn 1, if there are any. */
  readonly messages: readonly Message[];
}

export interface UpdateSession extends SessionKey {
  /** The revision that the session must have. undefined: any. */
  readonly expectedRevision: number | undefined;
  /** The new labels. undefined: the labels stay. */
  readonly labels: ReadonlyMap<string, string> | undefined;
  /** The new idle time. undefined: it stays. */
  readonly idleMs: number | undefined;
}

/** The bounds of a page. The first entry comes even if it alone is larger. */
export interface PageBounds {
  readonly maxEntries: number;
  /** The size as the store counts it, which is roughly that of the response. */
  readonly maxBytes: number;
}

/** A position in the list of sessions: behind this session, which may have been deleted since. */
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
  /** True: more sessions follow the last one. */
  readonly more: boolean;
}

export interface ListTurns extends SessionKey, PageBounds {
  /** The page has turns with higher numbers only. 0: it begins with the first turn. */
  readonly afterNumber: number;
}

export interface TurnPage {
  readonly turns: readonly Turn[];
  readonly more: boolean;
  /** The session's revision when the page was read. */
  readonly revision: number;
}

export interface DeleteSession extends SessionKey {
  readonly expectedRevision: number | undefined;
}

export interface ForkSession extends SessionKey {
  /** The id of the new session. */
  readonly forkId: string;
  /** The last turn that is copied. 0: none. undefined: the last turn that has ended. busy: the given turn runs. */
  readonly atTurn: number | undefined;
  /** The labels of the new session. undefined: those of the session. */
  readonly labels: ReadonlyMap<string, string> | undefined;
}

export interface AppendMessages extends SessionKey {
  readonly expectedRevision: number | undefined;
  /** At least one message. */
  readonly messages: readonly Message[];
}

/** The key that makes a turn safe to repeat, within its session and while its turn is stored. */
export interface TurnIdempotency {
  readonly key: string;
  /** The digest of everything in the request but its names. */
  readonly bodyDigest: string;
}

export interface OpenTurn extends SessionKey {
  readonly expectedRevision: number | undefined;
  /** The key is looked up before anything else. */
  readonly idempotencyKey: string | undefined;
  /** The messages of the turn, for which the owner's tenant must have room. */
  readonly messages: readonly Message[];
}

export type OpenedTurn =
  /** The turn may be admitted with `session.revision`. */
  { readonly type: "open"; readonly session: Session; readonly history: readonly Turn[] } | RepeatedTurn;

/** A turn with the same idempotency key exists. It runs or has ended. */
export interface RepeatedTurn {
  readonly type: "repeated";
  readonly turn: Turn;
  readonly bodyDigest: string;
  /** The record that `commitTurn` was given. */
  readonly record: string | undefined;
}

export interface AdmitTurn extends SessionKey {
  /** The revision that the turn was opened with. The history has not changed since. */
  readonly revision: number;
  /** A unique id. A call with the id of the last turn is a repeat and gets the first call's result. */
  readonly generationId: string;
  /** At least one message, unless the turn `continues`. */
  readonly messages: readonly Message[];
  /** True: the answer continues the partial answer of the last turn. */
  readonly continues: boolean;
  readonly idempotency: TurnIdempotency | undefined;
  /** The duration of the lease from now. */
  readonly leaseMs: number;
}

export type AdmittedTurn =
  | { readonly type: "admitted"; readonly lease: TurnLease; readonly revision: number }
  /** Another call with the key came first. */
  | RepeatedTurn;

/** The right to write the end of one turn. */
export interface TurnLease extends SessionKey {
  readonly turnNumber: number;
  /** A number that grows with every lease of the session. The holder of a lower number than the session's is fenced out. */
  readonly fence: number;
}

export interface RenewLease extends AnswerParts {
  readonly lease: TurnLease;
  readonly leaseMs: number;
  /** The whole answer so far; the parts come with it. undefined: the stored answer stays. */
  readonly answer: string | undefined;
}

export interface CommitTurn extends AnswerParts {
  readonly lease: TurnLease;
  readonly status: Exclude<TurnStatus, "appended" | "running">;
  /** The whole answer. It is stored even if it takes the session over its limit of bytes, so that no generated text is lost. */
  readonly answer: string;
  readonly outcome: TurnOutcome;
  /** The text that a repeat of the turn is answered with, beside the turn. The caller defines it, and the store does not read it. */
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
