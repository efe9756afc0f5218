import { createHash } from "node:crypto";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

import { toDiskError } from "../files/disk-error.js";
import { hashStart } from "../files/hash-file.js";
import { inspectGguf } from "../gguf/inspect-gguf.js";
import { ModelError } from "../files/model-error.js";
import { beginPartial, partialPathOf, type PartialVersion, removePartial } from "./partial-file.js";

export interface StoreFileOptions {
  readonly targetPath: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Where in the file `bytes` begin; what lies before is in the partial file already. */
  readonly offsetBytes: number;
  /** What a later call may go on from; undefined: it will have to begin anew. */
  readonly version: PartialVersion | undefined;
  /** Of the whole file. Refused when the bytes differ from it; undefined where it isn't known. */
  readonly expectedSizeBytes: number | undefined;
  readonly expectedSha256: string | undefined;
  /** Bytes stored so far, those of earlier calls included. */
  readonly onProgress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface StoredFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Writes a model file beside its place, and moves it there when it is whole, durable, of the expected digest and a GGUF. So the place never holds half
 * a file. What is half done stays for a later call where the source or the caller broke off and the version is known; whatever else goes wrong, it is
 * removed. Called by the holder of the file's lock; one who has lost it touches nothing any more.
 *
 * @throws ModelError WRONG_CHECKSUM, TRUNCATED, NOT_A_GGUF, UNSUPPORTED_VERSION, NO_SPACE, CACHE_NOT_WRITABLE; what `bytes` throws; the signal's reason
 */
export async function storeFile(options: StoreFileOptions): Promise<StoredFile> {
  const { targetPath, offsetBytes, version, signal } = options;
  const partialPath = partialPathOf(targetPath);
  try {
    if (offsetBytes === 0) await beginPartial(targetPath, version);
    const stored = await writeHashed(partialPath, options);
    requireExpected(stored, options);
    await inspectGguf(partialPath, { displayName: targetPath });
    signal.throwIfAborted();
    await rename(partialPath, targetPath);
    await removePartial(targetPath);
    await syncDirectory(dirname(targetPath));
    return stored;
  } catch (error) {
    if (!isKept(error, options)) await removePartial(targetPath);
    signal.throwIfAborted();
    throw toDiskError(error, "write", targetPath);
  }
}

function isKept(error: unknown, { version, signal }: StoreFileOptions): boolean {
  if (signal.reason instanceof ModelError && signal.reason.code === "LOCK_LOST") return true;
  const isBrokenOff = signal.aborted || (error instanceof ModelError && error.code === "SOURCE_FAILED");
  return isBrokenOff && version !== undefined;
}

/** The digest is of the whole file: what earlier calls stored is read for it. */
async function writeHashed(path: string, options: StoreFileOptions): Promise<StoredFile> {
  const hash = createHash("sha256");
  const { bytes, offsetBytes, version, expectedSizeBytes = Number.POSITIVE_INFINITY, onProgress, signal } = options;
  if (offsetBytes > 0) await hashStart(path, hash, { sizeBytes: offsetBytes, signal });
  let sizeBytes = offsetBytes;
  await using file = await open(path, "r+");
  for await (const block of bytes) {
    signal.throwIfAborted();
    if (sizeBytes + block.length > expectedSizeBytes)
      throw new ModelError("WRONG_CHECKSUM", `the file is longer than the ${expectedSizeBytes} bytes expected`);
    hash.update(block);
    await writeAt(file, block, sizeBytes);
    sizeBytes += block.length;
    onProgress(sizeBytes);
  }
  if (version !== undefined && sizeBytes < version.sizeBytes) {
    throw new ModelError("SOURCE_FAILED", `the source ended after ${sizeBytes} of ${version.sizeBytes} bytes`);
  }
  await file.sync();
  return { sha256: hash.digest("hex"), sizeBytes };
}

async function writeAt(file: FileHandle, block: Uint8Array, offsetBytes: number): Promise<void> {
  for (let done = 0; done < block.length;) {
    const { bytesWritten } = await file.write(block, done, block.length - done, offsetBytes + done);
    done += bytesWritten;
  }
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
