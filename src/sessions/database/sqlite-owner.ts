import type { Database } from "better-sqlite3";

/** "Rill", in the header of each of our files: what SQLite's documentation calls the application id. */
const APPLICATION_ID = 0x52_69_6c_6c;

/** The file is another program's. Nothing in it was changed. */
export class ForeignFileError extends Error {
  constructor(path: string, evidence: string) {
    super(`${path} belongs to another program (${evidence}): it is left as it is; --store takes another file`);
    this.name = "ForeignFileError";
  }
}

/** Where a file stands before it is used. marked: it is ours and says so. unmarked: it is ours, or empty, and does not say so yet. */
export type FileOwnership = "marked" | "unmarked";

/**
 * Only reads.
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

/** Whether sessions were ever stored in the file. */
export function hasSchemaTable(file: Database): boolean {
  return file.prepare("select 1 from sqlite_master where type = 'table' and name = 'rill_schema'").get() !== undefined;
}
