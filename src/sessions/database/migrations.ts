import type { Kysely } from "kysely";
import type { Tables } from "./tables.js";

/**
 * One change to the tables. Tables change in two releases: the first expands them (it adds a column or a table, filled by the writes of both releases
 * or with a default), and only a later one contracts them (it removes the parts that no release reads any more). So the release before still serves
 * while replicas are replaced one by one.
 */
export interface Migration {
  /** 1, 2, 3 … */
  readonly version: number;
  /** The oldest release that can serve on the tables afterwards, by the version of its last migration. */
  readonly compatibleFrom: number;
  readonly up: (db: Kysely<Tables>) => Promise<void>;
}

/** The migrations in order. A released migration never changes. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, compatibleFrom: 1, up: createTables },
  { version: 2, compatibleFrom: 1, up: addAnswerParts },
];

/** Adds columns that an older release ignores: it reads and writes answers without their parts. */
async function addAnswerParts({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable("rill_turns").addColumn("reasoning", "text").execute();
  await schema.alterTable("rill_turns").addColumn("tool_calls", "text").execute();
}

async function createTables({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable("rill_owners")
    .addColumn("owner", "text", (column) => column.primaryKey())
    .addColumn("sessions", "integer", (column) => column.notNull())
    .execute();
  await schema
    .createTable("rill_sessions")
    .addColumn("session_id", "text", (column) => column.primaryKey())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("revision", "integer", (column) => column.notNull())
    .addColumn("labels", "text", (column) => column.notNull())
    .addColumn("turns", "integer", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("used_ms", "bigint", (column) => column.notNull())
    .addColumn("idle_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_ms", "bigint", (column) => column.notNull())
    .addColumn("fence", "integer", (column) => column.notNull())
    .addColumn("running_turn", "integer")
    .addColumn("running_generation", "text")
    .addColumn("lease_until_ms", "bigint")
    .execute();
  await schema
    .createTable("rill_turns")
    .addColumn("session_id", "text", (column) =>
      column.notNull().references("rill_sessions.session_id").onDelete("cascade"),
    )
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("messages", "text", (column) => column.notNull())
    .addColumn("continues", "integer", (column) => column.notNull())
    .addColumn("answer", "text", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("generation_id", "text")
    .addColumn("fence", "integer")
    .addColumn("key_digest", "text")
    .addColumn("body_digest", "text")
    .addColumn("outcome", "text")
    .addColumn("record", "text")
    .addColumn("revision", "integer", (column) => column.notNull())
    .addColumn("end_revision", "integer")
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("ended_ms", "bigint")
    .addPrimaryKeyConstraint("rill_turns_key", ["session_id", "number"])
    .addUniqueConstraint("rill_turns_idempotency", ["session_id", "key_digest"])
    .execute();
  await schema
    .createIndex("rill_sessions_by_owner")
    .on("rill_sessions")
    .columns(["owner", "created_ms", "session_id"])
    .execute();
  await schema.createIndex("rill_sessions_by_expiry").on("rill_sessions").column("expires_ms").execute();
  await schema.createIndex("rill_sessions_by_lease").on("rill_sessions").column("lease_until_ms").execute();
}
