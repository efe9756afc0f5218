import type { Kysely, Transaction } from "kysely";
import type { SchemaRow, StoreDatabase, Tables } from "./store-database.js";
import { sql } from "./kysely.js";

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

/**
 * Brings the tables to this release's version, each migration in a transaction of its own, and leaves the tables of a later, compatible release as
 * they are. Several processes may do it at once, because they take turns.
 *
 * @throws NewerSchemaError before anything is written
 */
export async function migrate(database: StoreDatabase, migrations: readonly Migration[]): Promise<void> {
  const own = migrations.at(-1)?.version ?? 0;
  const found = (await database.hasTables()) ? await readVersion(database) : undefined;
  if (found !== undefined && found.version > own && found.compatible_from > own) throw new NewerSchemaError(found, own);
  const due = migrations.filter(({ version }) => version > (found?.version ?? 0));
  for (const migration of due) {
    await database.db.transaction().execute(async (trx) => {
      await database.lockSchema(trx);
      await apply(trx, migration);
    });
  }
}

/** Applies a migration, unless another process has done so. */
async function apply(trx: Transaction<Tables>, { version, compatibleFrom, up }: Migration): Promise<void> {
  await trx.schema
    .createTable("rill_schema")
    .ifNotExists()
    .addColumn("only_row", "integer", (column) => column.primaryKey().check(sql`only_row = 1`))
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("compatible_from", "integer", (column) => column.notNull())
    .execute();
  const first = sql`insert into rill_schema (only_row, version, compatible_from) values (1, 0, 0) on conflict do nothing`;
  await first.execute(trx);
  const { numUpdatedRows } = await trx
    .updateTable("rill_schema")
    .set({ version, compatible_from: compatibleFrom })
    .where("version", "<", version)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) await up(trx);
}

async function readVersion({ db }: StoreDatabase): Promise<SchemaRow | undefined> {
  return await db.selectFrom("rill_schema").select(["version", "compatible_from"]).executeTakeFirst();
}

/** The tables are of a later release, and this release must not touch them. */
export class NewerSchemaError extends Error {
  constructor(found: SchemaRow, own: number) {
    super(
      `the store's tables are of version ${found.version} and can be served from version ${found.compatible_from} on; ` +
        `this release has version ${own}: start a later release, or restore a backup from before`,
    );
    this.name = "NewerSchemaError";
  }
}
