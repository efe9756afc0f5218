import type { Transaction } from "kysely";
import { sql } from "./kysely.js";
import type { Migration } from "./migrations.js";
import type { StoreDatabase } from "./store-database.js";
import type { SchemaRow, Tables } from "./tables.js";

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

async function readVersion({ db }: StoreDatabase): Promise<SchemaRow | undefined> {
  return await db.selectFrom("rill_schema").select(["version", "compatible_from"]).executeTakeFirst();
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
