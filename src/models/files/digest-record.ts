import type { Stats } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { makeFolders } from "../../machine/make-folders.js";
import { systemCodeOf } from "./model-error.js";

/** The digest of a file, valid while the file has this size and time of change. It spares a start-up the hashing. */
export interface DigestRecord {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The time of the file's last change, in ms since 1970, with fractions. */
  readonly modifiedMs: number;
}

const SHA256_HEX = /^[0-9a-f]{64}$/;

/** Returns the path of the record of a file in the cache, which lies beside the file. */
export function recordPathBeside(path: string): string {
  return `${path}.sha256.json`;
}

/** Reads a record. Returns undefined if there is none or if it is malformed; the file is hashed then. */
export async function readDigestRecord(recordPath: string): Promise<DigestRecord | undefined> {
  try {
    return parseDigestRecord(JSON.parse(await readFile(recordPath, "utf8")));
  } catch (error) {
    if (error instanceof SyntaxError || systemCodeOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** Returns whether the file has not changed since it was recorded. */
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
