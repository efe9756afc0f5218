import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import SqliteFile, { type Database } from "better-sqlite3";
import type { DatabaseConnection, TransactionSettings } from "kysely";
import type { StoreFault } from "../store-problem.js";
import {
  CompiledQuery,
  Kysely,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "./kysely.js";
import {
  ForeignFileError,
  hasSchemaTable,
  markAsOurs,
  MovedFileError,
  requireOwnFile,
  SqliteFiles,
} from "./sqlite-files.js";
import type { StoreDatabase, Tables } from "./store-database.js";

/** The path that stands for a database in memory. */
export const IN_MEMORY = ":memory:";

/** Another process, such as a backup, may hold the file for this long. */
const BUSY_MS = 5_000;

/**
 * Opens or makes a file for one thread, which every call blocks. Committed data is on the disk.
 * @param onWarning told of problems of a file that can be used all the same
 * @throws Error of node:fs or of SQLite; MovedFileError, ForeignFileError
 */
export function openSqliteDatabase(path: string, onWarning: (text: string) => void): StoreDatabase {
  if (path === IN_MEMORY) return databaseOf(keepStatements(configured(new SqliteFile(path))));
  const files = SqliteFiles.prepare(path);
  try {
    return openPrepared(files, onWarning);
  } catch (error) {
    throw readOnlyFolderError(error, path) ?? error;
  }
}

function openPrepared(files: SqliteFiles, onWarning: (text: string) => void): StoreDatabase {
  const file = new SqliteFile(files.path, { timeout: BUSY_MS });
  try {
    const ownership = requireOwnFile(file, files.path);
    // The log takes over the file's mode, so this comes before it is made.
    files.makePrivate(onWarning);
    configured(file);
    if (ownership === "unmarked") tryToMark(file);
    files.checkInPlace();
  } catch (error) {
    file.close();
    throw error;
  }
  return databaseOf(keepStatements(file), files);
}

/** A bound above the number of the store's own texts, whose lists of values come in many lengths. */
const MAX_KEPT_STATEMENTS = 4_096;

/**
 * Prepares each text once, and keeps the statement while the file is open: on Node 24 the process is aborted when the garbage collector meets a
 * statement of better-sqlite3. The store runs one statement at a time and reads each to its end.
 * @returns the file
 */
function keepStatements(file: Database): Database {
  const kept = new Map<string, ReturnType<Database["prepare"]>>();
  const prepare = file.prepare.bind(file);
  file.prepare = ((text: string) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const statement = prepare(text);
    if (kept.size < MAX_KEPT_STATEMENTS) kept.set(text, statement);
    return statement;
  }) as Database["prepare"];
  return file;
}

/** @returns the file */
function configured(file: Database): Database {
  file.pragma("journal_mode = WAL");
  file.pragma("synchronous = FULL");
  file.pragma("foreign_keys = ON");
  // Deleted texts are overwritten with zeros, in free pages too.
  file.pragma("secure_delete = ON");
  return file;
}

/** Marks a file. A file that cannot be written stays unmarked, and its tables tell its owner. */
function tryToMark(file: Database): void {
  try {
    markAsOurs(file);
  } catch (error) {
    if (!["read_only", "disk_full"].includes(sqliteFaultOf(error))) throw error;
  }
}

/**
 * Returns the file system's own error for a folder that is read-only. SQLite cannot open a file there, since it cannot make the log, and does not
 * name the cause.
 */
function readOnlyFolderError(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteFile.SqliteError && error.code.startsWith("SQLITE_CANTOPEN"))) return undefined;
  try {
    accessSync(dirname(path), constants.W_OK);
    return undefined;
  } catch (refusal) {
    return sqliteFaultOf(refusal) === "read_only" ? refusal : undefined;
  }
}

/** @param files undefined for a database in memory */
function databaseOf(file: Database, files?: SqliteFiles): StoreDatabase {
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new ImmediateDriver(file),
      createIntrospector: (introspected) => new SqliteIntrospector(introspected),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  // The log of a process that was killed may hold texts of deleted sessions.
  let isPurgeDue = true;
  return {
    db,
    locksRows: false,
    hasTables: async () => await Promise.resolve(hasSchemaTable(file)),
    // A transaction that writes has the file for itself.
    lockSchema: async () => await Promise.resolve(),
    faultOf: sqliteFaultOf,
    checkInPlace: () => files?.checkInPlace(),
    isBrokenBy: (error) => files !== undefined && isBrokenBy(error),
    lacksTables,
    noteDeletion: () => (isPurgeDue = true),
    purge: () => {
      if (isPurgeDue && files !== undefined) isPurgeDue = !emptyLog(file);
    },
    close: async () => {
      const isMoved = files?.isMoved === true;
      // A file that was moved and not removed holds everything that was stored.
      if (isMoved) tryToEmptyLog(file);
      await db.destroy();
      if (isMoved) files.removeOrphans();
    },
  };
}

/**
 * Moves the log into the file and cuts it to nothing, because its old pages still have the texts of deleted sessions. It does not wait for other
 * processes, which may read the log.
 * @returns false if another process has kept the log
 */
function emptyLog(file: Database): boolean {
  // The statements are kept, as all others are.
  file.prepare("pragma busy_timeout = 0").get();
  try {
    const { busy } = file.prepare("pragma wal_checkpoint(TRUNCATE)").get() as { readonly busy: number };
    return busy === 0;
  } catch (error) {
    if (sqliteFaultOf(error) === "internal") throw error;
    return false;
  } finally {
    file.prepare(`pragma busy_timeout = ${BUSY_MS}`).get();
  }
}

/** Moves the log into the file. Data that cannot be written any more is lost with the file. */
function tryToEmptyLog(file: Database): void {
  try {
    file.pragma("wal_checkpoint(TRUNCATE)");
  } catch (error) {
    if (sqliteFaultOf(error) === "internal") throw error;
  }
}

/**
 * A driver whose writing transactions take the file's lock at their start. A transaction that reads first would be refused if another process wrote
 * meanwhile.
 */
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

  /** Rolls back, unless a full disk has done so already: another attempt would hide that error behind its own. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#file.inTransaction) await super.rollbackTransaction(connection);
  }
}

/** The faults by the beginnings of SQLite's codes, and of Node's own where the folder is at fault. */
const FAULTS: readonly (readonly [code: string, fault: StoreFault])[] = [
  ["SQLITE_FULL", "disk_full"],
  ["ENOSPC", "disk_full"],
  ["EDQUOT", "disk_full"],
  ["SQLITE_READONLY_DBMOVED", "replaced"],
  ["SQLITE_READONLY", "read_only"],
  ["EROFS", "read_only"],
  ["SQLITE_CORRUPT", "corrupt"],
  ["SQLITE_NOTADB", "corrupt"],
  ["SQLITE_BUSY", "unreachable"],
  ["SQLITE_LOCKED", "unreachable"],
  ["SQLITE_IOERR", "unreachable"],
  ["SQLITE_CANTOPEN", "misconfigured"],
  ["SQLITE_PERM", "misconfigured"],
  ["EACCES", "misconfigured"],
  ["EPERM", "misconfigured"],
  ["ENOENT", "misconfigured"],
  ["ENOTDIR", "misconfigured"],
  ["EISDIR", "misconfigured"],
  ["EEXIST", "misconfigured"],
  ["ELOOP", "misconfigured"],
  ["ENAMETOOLONG", "misconfigured"],
  ["EIO", "unreachable"],
  ["ESTALE", "replaced"],
  ["ERR_DLOPEN_FAILED", "misconfigured"],
];

/** The beginnings of the codes that break a connection for good, whatever happens to the file. */
const BREAKING = ["SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR", "SQLITE_READONLY_DBMOVED", "ESTALE"];

/** Returns the fault that an error of opening or using a SQLite file means. */
export function sqliteFaultOf(error: unknown): StoreFault {
  if (error instanceof MovedFileError || lacksTables(error)) return "replaced";
  if (error instanceof ForeignFileError) return "misconfigured";
  const code = codeOf(error);
  return FAULTS.find(([beginning]) => code.startsWith(beginning))?.[1] ?? "internal";
}

/** Returns whether the file has to be opened anew after this error. */
function isBrokenBy(error: unknown): boolean {
  return error instanceof MovedFileError || BREAKING.some((beginning) => codeOf(error).startsWith(beginning));
}

/** Returns whether the error says that the file lacks the store's tables. */
function lacksTables(error: unknown): boolean {
  return codeOf(error) === "SQLITE_ERROR" && (error as Error).message.startsWith("no such table: rill_");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
