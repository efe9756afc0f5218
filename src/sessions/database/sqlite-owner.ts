import type { Database } from "better-sqlite3";

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
export type FileOwnership = "marked" | "unmarked";

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
