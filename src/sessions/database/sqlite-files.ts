import { chmodSync, closeSync, openSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import { makeFolders } from "../../machine/make-folders.js";

/** The mode of a file that its owner alone may read: sessions hold what people said. */
const PRIVATE_MODE = 0o600;
const OTHERS_RIGHTS = 0o077;

/** The name of an open database no longer stands for its file. Nothing more may be stored through the open file. */
export class MovedFileError extends Error {
  constructor(path: string, what: "removed" | "replaced") {
    const consequence =
      what === "removed"
        ? "what was stored in it is lost unless the file comes back, and the next call opens or makes the file anew"
        : "the next call opens the file that is there now";
    super(`${path} was ${what} while it was open: ${consequence}`);
    this.name = "MovedFileError";
  }
}

/** The device and the inode of a file. */
interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

/**
 * The files of a SQLite database: the database, its write-ahead log and the log's index. The object remembers the files that were opened, and notices
 * when their names stand for others. SQLite itself would go on writing into files that nobody finds again. Store thread.
 */
export class SqliteFiles {
  readonly path: string;
  readonly #opened = new Map<string, Identity>();

  private constructor(path: string) {
    this.path = path;
    const found = identityOf(path);
    if (found === undefined) throw new MovedFileError(path, "removed");
    this.#opened.set(path, found);
  }

  /**
   * Makes the folder, and the file with mode 0600, before SQLite opens the database. SQLite gives that mode to the other two files.
   * @throws Error of node:fs
   */
  static prepare(path: string): SqliteFiles {
    makeFolders(dirname(path), 0o700);
    // This follows a symbolic link whose target is missing, as SQLite does.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) closeSync(openSync(path, "a", PRIVATE_MODE));
    return new SqliteFiles(path);
  }

  /**
   * Takes the permissions of other users away from the files.
   * @param onWarning told of a file that stays open to others
   */
  makePrivate(onWarning: (text: string) => void): void {
    // Windows has no such modes.
    if (process.platform === "win32") return;
    for (const file of this.#names()) {
      const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
      if ((mode & OTHERS_RIGHTS) === 0) continue;
      try {
        chmodSync(file, mode & 0o777 & ~OTHERS_RIGHTS);
      } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
        const shown = (mode & 0o777).toString(8).padStart(4, "0");
        onWarning(`${file} has the mode ${shown}, so other users may read sessions, and it can't be changed (${code})`);
      }
    }
  }

  /** @throws MovedFileError when one of the names no longer stands for the file that was opened; Error of node:fs */
  checkInPlace(): void {
    for (const file of this.#names()) {
      const before = this.#opened.get(file);
      const now = identityOf(file);
      if (before === undefined) {
        // SQLite makes the log and its index with the first transaction.
        if (now !== undefined) this.#opened.set(file, now);
      } else if (now === undefined) throw new MovedFileError(file, "removed");
      else if (!isSame(before, now)) throw new MovedFileError(file, "replaced");
    }
  }

  /** Whether the name of the database no longer stands for the opened file. */
  get isMoved(): boolean {
    const before = this.#opened.get(this.path);
    const now = identityOf(this.path);
    return before === undefined || now === undefined || !isSame(before, now);
  }

  /** Removes the log and the index of a database file that is gone. SQLite would apply them to the file that has taken its name. */
  removeOrphans(): void {
    for (const [file, before] of this.#opened) {
      if (file === this.path) continue;
      const now = identityOf(file);
      if (now !== undefined && isSame(before, now)) rmSync(file, { force: true });
    }
  }

  #names(): readonly string[] {
    return [this.path, `${this.path}-wal`, `${this.path}-shm`];
  }
}

function identityOf(path: string): Identity | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : { device: found.dev, inode: found.ino };
}

function isSame(one: Identity, other: Identity): boolean {
  return one.device === other.device && one.inode === other.inode;
}

/** "Rill", in the header of each of the store's files. SQLite's documentation calls it the application id. */
const APPLICATION_ID = 0x52_69_6c_6c;

/** The file belongs to another program. It was not changed. */
export class ForeignFileError extends Error {
  constructor(path: string, evidence: string) {
    super(`${path} belongs to another program (${evidence}): it is left as it is; --store takes another file`);
    this.name = "ForeignFileError";
  }
}

/** The mark of a file before it is used. marked: the file is the store's and says so. unmarked: it is the store's, or empty, and has no mark yet. */
type FileOwnership = "marked" | "unmarked";

/**
 * Checks the owner of a file, and only reads it.
 * @throws ForeignFileError for a file with another program's mark or tables
 */
export function requireOwnFile(file: Database, path: string): FileOwnership {
  const id = file.pragma("application_id", { simple: true }) as number;
  if (id === APPLICATION_ID) return "marked";
  if (id !== 0) throw new ForeignFileError(path, `its application id is 0x${(id >>> 0).toString(16)}`);
  if (hasSchemaTable(file)) return "unmarked";
  const foreign = file.prepare("select name from sqlite_master limit 1").pluck().get();
  if (foreign !== undefined) throw new ForeignFileError(path, `it has a table or an index ${JSON.stringify(foreign)}`);
  return "unmarked";
}

export function markAsOurs(file: Database): void {
  file.pragma(`application_id = ${APPLICATION_ID}`);
}

/** Returns whether the file has ever held sessions. */
export function hasSchemaTable(file: Database): boolean {
  return file.prepare("select 1 from sqlite_master where type = 'table' and name = 'rill_schema'").get() !== undefined;
}
