import { MovedFileError } from "./sqlite-files.js";
import { ForeignFileError } from "./sqlite-owner.js";
import type { StoreFault } from "../store-problem.js";

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
export function isBrokenBy(error: unknown): boolean {
  return error instanceof MovedFileError || BREAKING.some((beginning) => codeOf(error).startsWith(beginning));
}

/** Returns whether the error says that the file lacks the store's tables. */
export function lacksTables(error: unknown): boolean {
  return codeOf(error) === "SQLITE_ERROR" && (error as Error).message.startsWith("no such table: rill_");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
