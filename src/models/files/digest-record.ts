import type { Stats } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { makeFolders } from "../../machine/make-folders.js";
import { systemCodeOf } from "./disk-error.js";

/** The digest of a file as it was when it had this size and this time of change: what spares a start-up the hashing. */
export interface DigestRecord {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Time of the file's last change, in ms since 1970, with its fraction. */
  readonly modifiedMs: number;
}

const SHA256_HEX = /^[0-9a-f]{64}$/;

/** Where the record of a file in the cache lies: beside it. */
export function recordPathBeside(path: string): string {
  return `${path}.sha256.json`;
}

/** The stored record; undefined when there is none or it can't be understood (it is only a shortcut: the file will be hashed). */
export async function readDigestRecord(recordPath: string): Promise<DigestRecord | undefined> {
  try {
    return parseDigestRecord(JSON.parse(await readFile(recordPath, "utf8")));
  } catch (error) {
    if (error instanceof SyntaxError || systemCodeOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** Whether the file is still the one that was recorded. */
export function isRecordFresh(record: DigestRecord, stats: Stats): boolean {
  return record.sizeBytes === stats.size && record.modifiedMs === stats.mtimeMs;
}

/** Replaces the record in one step. Rejects with the file system's error. */
export async function writeDigestRecord(recordPath: string, record: DigestRecord): Promise<void> {
  const partialPath = `${recordPath}.partial-${process.pid}`;
  makeFolders(dirname(recordPath));
  await writeFile(partialPath, `${JSON.stringify(record)}\n`);
  await rename(partialPath, recordPath);
}

function parseDigestRecord(value: unknown): DigestRecord | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { sha256, sizeBytes, modifiedMs } = value as Partial<Record<keyof DigestRecord, unknown>>;
  if (typeof sha256 !== "string" || !SHA256_HEX.test(sha256)) return undefined;
  if (typeof sizeBytes !== "number" || typeof modifiedMs !== "number") return undefined;
  return { sha256, sizeBytes, modifiedMs };
}
