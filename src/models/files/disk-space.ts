import { statfs } from "node:fs/promises";
import { ModelError, toDiskError } from "./model-error.js";

/** The free space that every fetch leaves on the disk, so that the machine does not run full because of Rill. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** Returns the bytes that a process without privileges may still write below a directory. */
export type MeasureFreeBytes = (directory: string) => Promise<number>;

export async function measureFreeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

export interface RequiredSpace {
  readonly directory: string;
  readonly neededBytes: number;
  readonly measure: MeasureFreeBytes;
}

/** @throws ModelError NO_SPACE with both numbers */
export async function requireDiskSpace({ directory, neededBytes, measure }: RequiredSpace): Promise<void> {
  const freeBytes = await freeBytesOf(directory, measure);
  if (freeBytes >= neededBytes + SPARE_BYTES) return;
  throw new ModelError(
    "NO_SPACE",
    `not enough space in ${directory}: ${toMib(neededBytes + SPARE_BYTES)} MiB are needed, ${toMib(freeBytes)} MiB are free`,
  );
}

async function freeBytesOf(directory: string, measure: MeasureFreeBytes): Promise<number> {
  try {
    return await measure(directory);
  } catch (error) {
    throw toDiskError(error, "write", directory);
  }
}

function toMib(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024);
}
