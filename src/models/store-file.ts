import { createHash } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

import { toDiskError } from "./disk-error.js";
import { inspectGguf } from "./inspect-gguf.js";
import { ModelError } from "./model-error.js";

export interface StoreFileOptions {
  readonly targetPath: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Refused when the bytes differ from it; undefined where it isn't known. */
  readonly expectedSizeBytes: number | undefined;
  readonly expectedSha256: string | undefined;
  /** Bytes stored so far. */
  readonly onProgress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface StoredFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Writes a model file beside its place, under a name with this process's id, and moves it there when it is whole, durable, of the expected digest
 * and a GGUF. So the place never holds half a file; whatever goes wrong, the partial file is removed.
 *
 * @throws ModelError WRONG_CHECKSUM, TRUNCATED, NOT_A_GGUF, UNSUPPORTED_VERSION, NO_SPACE, CACHE_NOT_WRITABLE; what `bytes` throws; the signal's reason
 */
export async function storeFile(options: StoreFileOptions): Promise<StoredFile> {
  const { targetPath, signal } = options;
  const partialPath = partialPathOf(targetPath);
  try {
    const stored = await writeHashed(partialPath, options);
    requireExpected(stored, options);
    await inspectGguf(partialPath, { displayName: targetPath });
    signal.throwIfAborted();
    await rename(partialPath, targetPath);
    await syncDirectory(dirname(targetPath));
    return stored;
  } catch (error) {
    await rm(partialPath, { force: true });
    signal.throwIfAborted();
    throw toDiskError(error, "write", targetPath);
  }
}

/** The name under which this process writes. */
export function partialPathOf(targetPath: string): string {
  return `${targetPath}.partial-${process.pid}`;
}

async function writeHashed(path: string, options: StoreFileOptions): Promise<StoredFile> {
  const hash = createHash("sha256");
  const { bytes, expectedSizeBytes = Number.POSITIVE_INFINITY, onProgress, signal } = options;
  let sizeBytes = 0;
  await using file = await open(path, "w");
  for await (const block of bytes) {
    signal.throwIfAborted();
    sizeBytes += block.length;
    if (sizeBytes > expectedSizeBytes)
      throw new ModelError("WRONG_CHECKSUM", `the file is longer than the ${expectedSizeBytes} bytes expected`);
    hash.update(block);
    await file.writeFile(block);
    onProgress(sizeBytes);
  }
  await file.sync();
  return { sha256: hash.digest("hex"), sizeBytes };
}

function requireExpected(stored: StoredFile, { expectedSizeBytes, expectedSha256 }: StoreFileOptions): void {
  if (expectedSizeBytes !== undefined && stored.sizeBytes < expectedSizeBytes) {
    throw new ModelError("TRUNCATED", `the file ended after ${stored.sizeBytes} of ${expectedSizeBytes} bytes`);
  }
  if (expectedSha256 !== undefined && stored.sha256 !== expectedSha256) {
    throw new ModelError(
      "WRONG_CHECKSUM",
      `wrong checksum: expected SHA-256 ${expectedSha256}, got ${stored.sha256}; the file was removed`,
    );
  }
}

/** Makes the new name durable. Windows can't open a directory and needs no such step. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using directory = await open(path, "r");
  await directory.sync();
}
