import type { Kysely, Transaction } from "kysely";
import type { StoreFault } from "../store-problem.js";

/** A database of sessions, and the differences between the kinds of databases. */
export interface StoreDatabase {
  readonly db: Kysely<Tables>;
  /** True: several transactions may write at a time, and lock rows. */
  readonly locksRows: boolean;
  /** Resolves to false if nothing was ever stored here. */
  hasTables(): Promise<boolean>;
  /** Keeps other processes from changing the tables until the transaction ends. */
  lockSchema(trx: Transaction<Tables>): Promise<void>;
  /** Returns the fault that an error of this database means. */
  faultOf(error: unknown): StoreFault;
  /** @throws Error if the database's file is gone, so that data stored now would not be found again */
  checkInPlace(): void;
  /** Returns whether the database has to be closed and opened anew after this error. */
  isBrokenBy(error: unknown): boolean;
  /** Returns whether the error says that the store's tables are missing, because somebody has emptied the database. They are made anew then. */
  lacksTables(error: unknown): boolean;
  /** Notes that sessions were deleted, whose texts may remain in the database's files until `purge`. */
  noteDeletion(): void;
  /** Takes the texts of deleted sessions out of the database's files, if that is not done. It may fail to, while another process reads the database. */
  purge(): void;
  close(): Promise<void>;
}

export interface Tables {
  readonly rill_sessions: SessionRow;
  readonly rill_turns: TurnRow;
  readonly rill_owners: OwnerRow;
  readonly rill_schema: SchemaRow;
}

/** The row of a session. Times are ms since the epoch, and all counts are integers. */
export interface SessionRow {
  readonly session_id: string;
  readonly owner: string;
  readonly revision: number;
  /** JSON: a list of pairs. Callers' texts are stored as JSON, which holds no NUL, because a text of PostgreSQL cannot hold one. */
  readonly labels: string;
  readonly turns: number;
  readonly bytes: number;
  readonly created_ms: number;
  readonly used_ms: number;
  readonly idle_ms: number;
  /** The sum of used_ms and idle_ms, for the index. It has no meaning while a turn runs. */
  readonly expires_ms: number;
  /** The highest fence that a lease was given. */
  readonly fence: number;
  /** These three are null unless a turn runs. */
  readonly running_turn: number | null;
  readonly running_generation: string | null;
  readonly lease_until_ms: number | null;
}

/** The row of a turn. */
export interface TurnRow {
  readonly session_id: string;
  readonly owner: string;
  readonly number: number;
  readonly status: string;
  /** JSON: the list of messages. */
  readonly messages: string;
  /** 0 or 1. */
  readonly continues: number;
  /** JSON: a text. */
  readonly answer: string;
  /** JSON: a text. null: none. */
  readonly reasoning: string | null;
  /** JSON: the list of calls. null: none. */
  readonly tool_calls: string | null;
  /** The size of `messages`, and also of the answer with its parts once the turn has ended. */
  readonly bytes: number;
  readonly generation_id: string | null;
  /** The fence of the lease, or a higher one if the turn was given up. null: the turn was appended or copied. */
  readonly fence: number | null;
  /** The SHA-256 of the idempotency key. */
  readonly key_digest: string | null;
  readonly body_digest: string | null;
  /** JSON: a TurnOutcome. */
  readonly outcome: string | null;
  /** JSON: a text. */
  readonly record: string | null;
  readonly revision: number;
  readonly end_revision: number | null;
  readonly created_ms: number;
  readonly ended_ms: number | null;
}

/** The row with the number of an owner's sessions. */
interface OwnerRow {
  readonly owner: string;
  readonly sessions: number;
}

/** The one row with the version of the tables. */
export interface SchemaRow {
  /** The version of the last migration that was applied. */
  readonly version: number;
  /** The oldest release, by the version of its last migration, that can serve on the tables as they are. */
  readonly compatible_from: number;
}
