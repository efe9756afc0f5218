import type { Stats } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { type DigestRecord, isRecordFresh, readDigestRecord, writeDigestRecord } from "./files/digest-record.js";
import { ModelError, systemCodeOf, toDiskError } from "./files/model-error.js";
import { hashFile } from "./files/hash-file.js";
import type { PullListener } from "./download/pull-event.js";

/** The digest that a file must have: the given one, the one on record if there is a record, or any. */
type ExpectedDigest =
  { readonly kind: "digest"; readonly sha256: string } | { readonly kind: "recorded" } | { readonly kind: "any" };

export interface CheckFileOptions {
  readonly path: string;
  /** The path of the file's digest record. */
  readonly recordPath: string;
  readonly expected: ExpectedDigest;
  /** Hash the file even if the record is fresh. */
  readonly rehash: boolean;
  readonly onEvent: PullListener;
  readonly signal: AbortSignal;
}

export type FileCheck =
  | { readonly kind: "absent" }
  | { readonly kind: "good"; readonly sha256: string }
  | { readonly kind: "wrong"; readonly reason: string };

/**
 * Checks that a file exists and has the expected digest. A fresh record answers at once; otherwise the file is hashed and the record renewed.
 *
 * @throws ModelError NOT_A_FILE, NOT_READABLE; the signal's reason
 */
export async function checkFile(options: CheckFileOptions): Promise<FileCheck> {
  const { path, recordPath, rehash } = options;
  const stats = await statIfPresent(path);
  if (stats === undefined) return { kind: "absent" };
  const record = await readDigestRecord(recordPath);
  const isFresh = record !== undefined && isRecordFresh(record, stats);
  const sha256 = isFresh && !rehash ? record.sha256 : await hashReporting(stats, options);
  const expected = expectedSha256(options.expected, record) ?? sha256;
  if (sha256 !== expected) return { kind: "wrong", reason: `its SHA-256 is ${sha256}, expected ${expected}` };
  if (!isFresh) await tryRecord(options, { sha256, sizeBytes: stats.size, modifiedMs: stats.mtimeMs });
  return { kind: "good", sha256 };
}

function expectedSha256(expected: ExpectedDigest, record: DigestRecord | undefined): string | undefined {
  switch (expected.kind) {
    case "digest":
      return expected.sha256;
    case "recorded":
      return record?.sha256;
    case "any":
      return undefined;
  }
}

/** Records the digest of a file that was just written. */
export async function recordStored({ path, recordPath, onEvent }: CheckFileOptions, sha256: string): Promise<void> {
  const stats = await stat(path);
  await tryRecord({ recordPath, onEvent }, { sha256, sizeBytes: stats.size, modifiedMs: stats.mtimeMs });
}

/** @throws ModelError CACHE_NOT_WRITABLE */
export async function removeFile({ path, recordPath }: CheckFileOptions): Promise<void> {
  try {
    await rm(recordPath, { force: true });
    await rm(path, { force: true });
  } catch (error) {
    throw toDiskError(error, "write", path);
  }
}

async function statIfPresent(path: string): Promise<Stats | undefined> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw new ModelError("NOT_A_FILE", `${path} is not a file`);
    return stats;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw toDiskError(error, "read", path);
  }
}

function hashReporting({ size: totalBytes }: Stats, { path, onEvent, signal }: CheckFileOptions): Promise<string> {
  return hashFile(path, {
    signal,
    onProgress: (doneBytes) => onEvent({ kind: "hashing", path, doneBytes, totalBytes }),
  });
}

/**
 * Writes the record. Without it the next start hashes the file again, so a cache that cannot be written still serves, and the listener hears the
 * cause.
 */
async function tryRecord(
  { recordPath, onEvent }: Pick<CheckFileOptions, "recordPath" | "onEvent">,
  record: DigestRecord,
): Promise<void> {
  try {
    await writeDigestRecord(recordPath, record);
  } catch (error) {
    onEvent({ kind: "not-recorded", path: recordPath, reason: toDiskError(error, "write", recordPath).message });
  }
}
