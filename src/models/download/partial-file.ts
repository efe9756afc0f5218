import { open, readFile, rm, stat, writeFile } from "node:fs/promises";

import { systemCodeOf, toDiskError } from "../files/model-error.js";

/** A part of a file is kept this long for a later download to resume. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;

/** The version of the file that the bytes belong to. The source must still have it for a download to resume. */
export interface PartialVersion {
  /** The source's address of the file. */
  readonly address: string;
  /** A strong tag: equal tags mean equal bytes. */
  readonly etag: string;
  /** The size of the whole file. */
  readonly sizeBytes: number;
}

/** The point at which a download may resume: the bytes of that version before it are on the disk. */
export interface ResumePoint extends PartialVersion {
  readonly offsetBytes: number;
}

/** Returns the path of a file's bytes until the file is complete. Only the holder of the file's lock writes there. */
export function partialPathOf(targetPath: string): string {
  return `${targetPath}.partial`;
}

/**
 * Returns the point at which an earlier download can be resumed, or undefined if there is none: its part is missing, of another address, too old, or
 * without its version.
 *
 * @throws ModelError NOT_READABLE
 */
export async function readResumePoint(targetPath: string, address: string): Promise<ResumePoint | undefined> {
  const path = partialPathOf(targetPath);
  try {
    const [{ size, mtimeMs }, text] = await Promise.all([stat(path), readFile(versionPathOf(targetPath), "utf8")]);
    const version = parseVersion(JSON.parse(text));
    if (version?.address !== address || Date.now() - mtimeMs > MAX_AGE_MS || size > version.sizeBytes) return undefined;
    // A source cannot send an empty rest, so the last byte of a complete file is fetched again.
    const offsetBytes = Math.min(size, version.sizeBytes - 1);
    return offsetBytes > 0 ? { ...version, offsetBytes } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || systemCodeOf(error) === "ENOENT") return undefined;
    throw toDiskError(error, "read", path);
  }
}

/**
 * Begins a new part. The old one is removed and not emptied, because a process that lost its lock may still write to it.
 *
 * @param version undefined: no download can resume this one
 */
export async function beginPartial(targetPath: string, version: PartialVersion | undefined): Promise<void> {
  await removePartial(targetPath);
  await using _file = await open(partialPathOf(targetPath), "wx");
  if (version !== undefined) await writeFile(versionPathOf(targetPath), `${JSON.stringify(version)}\n`);
}

/** Removes a part. Its version goes first, since bytes without a version are never used. */
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
