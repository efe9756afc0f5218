import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import SqliteFile, { type Database } from "better-sqlite3";
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import { sqliteFaultOf } from "./sqlite-fault.js";
import type { StoreDatabase } from "./store-database.js";
import type { Tables } from "./tables.js";

/** What stands for a database in memory. */
export const IN_MEMORY = ":memory:";

/** How long another process, such as a backup, may hold the file. */
const BUSY_MS = 5_000;

/**
 * Opens a file, or makes it, for one thread: every call of it blocks. What is committed is on the disk.
 * @throws Error of node:fs or of SQLite
 */
export function openSqliteDatabase(path: string): StoreDatabase {
  if (path !== IN_MEMORY) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = new SqliteFile(path, { timeout: BUSY_MS });
  try {
    file.pragma("journal_mode = WAL");
    file.pragma("synchronous = FULL");
    file.pragma("foreign_keys = ON");
  } catch (error) {
    file.close();
    throw error;
  }
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new ImmediateDriver(file),
      createIntrospector: (introspected) => new SqliteIntrospector(introspected),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  return {
    db,
    locksRows: false,
    hasTables: async () => await Promise.resolve(hasSchemaTable(file)),
    // A transaction that writes has the file for itself.
    lockSchema: async () => await Promise.resolve(),
    faultOf: sqliteFaultOf,
  };
}

function hasSchemaTable(file: Database): boolean {
  return file.prepare("select 1 from sqlite_master where type = 'table' and name = 'rill_schema'").get() !== undefined;
}

/** A transaction that is going to write takes the file's lock at its start: one that read first would be refused if another process wrote meanwhile. */
class ImmediateDriver extends SqliteDriver {
  readonly #file: Database;

  constructor(file: Database) {
    super({ database: file });
    this.#file = file;
  }

  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    const reads = settings?.accessMode === "read only";
    await connection.executeQuery(CompiledQuery.raw(reads ? "begin" : "begin immediate"));
  }

  /** A full disk has rolled it back already; doing it again would hide that error behind another. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#file.inTransaction) await super.rollbackTransaction(connection);
  }
}
