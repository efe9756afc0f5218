import type { StoreFault } from "./store-problem.js";

/** By the beginnings of SQLite's codes, and Node's own where the folder is at fault. */
const FAULTS: readonly (readonly [code: string, fault: StoreFault])[] = [
  ["SQLITE_FULL", "disk_full"],
  ["ENOSPC", "disk_full"],
  ["EDQUOT", "disk_full"],
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
  ["ENOTDIR", "misconfigured"],
  ["EEXIST", "misconfigured"],
  ["ERR_DLOPEN_FAILED", "misconfigured"],
];

/** What an error of opening or using a SQLite file means. */
export function sqliteFaultOf(error: unknown): StoreFault {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return FAULTS.find(([beginning]) => code.startsWith(beginning))?.[1] ?? "internal";
}
