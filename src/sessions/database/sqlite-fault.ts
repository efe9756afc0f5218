import { MovedFileError } from "./sqlite-files.js";
import { ForeignFileError } from "./sqlite-owner.js";
import type { StoreFault } from "../store-problem.js";

/** By the beginnings of SQLite's codes, and Node's own where the folder is at fault. */
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

/** By the beginnings of codes: a connection that has said so says so for ever, whatever becomes of the file. */
const BREAKING = ["SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR", "SQLITE_READONLY_DBMOVED", "ESTALE"];

/** What an error of opening or using a SQLite file means. */
export function sqliteFaultOf(error: unknown): StoreFault {
  if (error instanceof MovedFileError || lacksTables(error)) return "replaced";
  if (error instanceof ForeignFileError) return "misconfigured";
  const code = codeOf(error);
  return FAULTS.find(([beginning]) => code.startsWith(beginning))?.[1] ?? "internal";
}

/** Whether the file has to be opened anew after this error. */
export function isBrokenBy(error: unknown): boolean {
  return error instanceof MovedFileError || BREAKING.some((beginning) => codeOf(error).startsWith(beginning));
}

/** Whether the file holds none of our tables any more. */
export function lacksTables(error: unknown): boolean {
  return codeOf(error) === "SQLITE_ERROR" && (error as Error).message.startsWith("no such table: rill_");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
