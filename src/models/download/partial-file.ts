import { open, readFile, rm, stat, writeFile } from "node:fs/promises";

import { systemCodeOf, toDiskError } from "../files/disk-error.js";

/** How long a part of a file is kept for a later download to go on from. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;

/** Which version of which file the bytes are a part of: what a source must still have for a download to go on. */
export interface PartialVersion {
  /** As the source names the file. */
  readonly address: string;
  /** A strong one: the same tag, the same bytes. */
  readonly etag: string;
  /** Of the whole file. */
  readonly sizeBytes: number;
}

/** Where a download may go on: so many bytes of that version are on the disk. */
export interface ResumePoint extends PartialVersion {
  readonly offsetBytes: number;
}

/** Where the bytes of a file lie until it is whole. The holder of the file's lock is the only one who writes there. */
export function partialPathOf(targetPath: string): string {
  return `${targetPath}.partial`;
}

/**
 * What an earlier download left to go on from; undefined when there is nothing, or nothing that may be used: of another address, too old, or without
 * its version.
 *
 * @throws ModelError NOT_READABLE
 */
export async function readResumePoint(targetPath: string, address: string): Promise<ResumePoint | undefined> {
  const path = partialPathOf(targetPath);
  try {
    const [{ size, mtimeMs }, text] = await Promise.all([stat(path), readFile(versionPathOf(targetPath), "utf8")]);
    const version = parseVersion(JSON.parse(text));
    if (version?.address !== address || Date.now() - mtimeMs > MAX_AGE_MS || size > version.sizeBytes) return undefined;
    // A source can't send the nothing that is missing of a whole file: its last byte is fetched again.
    const offsetBytes = Math.min(size, version.sizeBytes - 1);
    return offsetBytes > 0 ? { ...version, offsetBytes } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || systemCodeOf(error) === "ENOENT") return undefined;
    throw toDiskError(error, "read", path);
  }
}

/**
 * Begins a new part. What was there is removed, not emptied: a process that lost its lock may still write to it.
 *
 * @param version undefined: no download will be able to go on from this one
 */
export async function beginPartial(targetPath: string, version: PartialVersion | undefined): Promise<void> {
  await removePartial(targetPath);
  await using _file = await open(partialPathOf(targetPath), "wx");
  if (version !== undefined) await writeFile(versionPathOf(targetPath), `${JSON.stringify(version)}\n`);
}

/** The version goes first: bytes without one are never used. */
export async function removePartial(targetPath: string): Promise<void> {
  await rm(versionPathOf(targetPath), { force: true });
  await rm(partialPathOf(targetPath), { force: true });
}

function versionPathOf(targetPath: string): string {
  return `${partialPathOf(targetPath)}.json`;
}

function parseVersion(value: unknown): PartialVersion | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { address, etag, sizeBytes } = value as Partial<Record<keyof PartialVersion, unknown>>;
  if (typeof address !== "string" || typeof etag !== "string" || typeof sizeBytes !== "number") return undefined;
  return { address, etag, sizeBytes };
}
