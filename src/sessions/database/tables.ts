/** A session as it is stored. Times are ms since the epoch; all counts are whole. */
export interface SessionRow {
  readonly session_id: string;
  readonly owner: string;
  readonly revision: number;
  /** JSON: a list of pairs. Texts of callers are stored as JSON, which has no NUL in it: PostgreSQL's text can't hold one. */
  readonly labels: string;
  readonly turns: number;
  readonly bytes: number;
  readonly created_ms: number;
  readonly used_ms: number;
  readonly idle_ms: number;
  /** used_ms and idle_ms together, for the index. Means nothing while a turn runs. */
  readonly expires_ms: number;
  /** The highest that a lease was given. */
  readonly fence: number;
  /** The three are null but while a turn runs. */
  readonly running_turn: number | null;
  readonly running_generation: string | null;
  readonly lease_until_ms: number | null;
}

/** A turn as it is stored. */
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
  /** Of `messages`, and of the answer with its parts once the turn has ended. */
  readonly bytes: number;
  readonly generation_id: string | null;
  /** The lease's, or a later one where the turn was given up. null: appended or copied. */
  readonly fence: number | null;
  /** SHA-256 of the idempotency key. */
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

/** How many sessions an owner has. */
interface OwnerRow {
  readonly owner: string;
  readonly sessions: number;
}

/** The one row that says which release the tables are of. */
export interface SchemaRow {
  /** Of the last migration that was made. */
  readonly version: number;
  /** The oldest release, by the version of its last migration, that can serve on the tables as they are. */
  readonly compatible_from: number;
}

export interface Tables {
  readonly rill_sessions: SessionRow;
  readonly rill_turns: TurnRow;
  readonly rill_owners: OwnerRow;
  readonly rill_schema: SchemaRow;
}
