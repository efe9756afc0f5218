import { createHash } from "node:crypto";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { ModelError, toDiskError } from "../files/model-error.js";
import { hashStart } from "../files/hash-file.js";
import { inspectGguf } from "../gguf/inspect-gguf.js";
import { beginPartial, partialPathOf, type PartialVersion, removePartial } from "./partial-file.js";

export interface StoreFileOptions {
  readonly targetPath: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The position in the file at which `bytes` begin. The bytes before it are in the partial file already. */
  readonly offsetBytes: number;
  /** The version that a later call may resume. undefined: a later call begins anew. */
  readonly version: PartialVersion | undefined;
  /** The size of the whole file, or undefined if it is unknown. Bytes of another size are refused. */
  readonly expectedSizeBytes: number | undefined;
  readonly expectedSha256: string | undefined;
  /** Called with the number of bytes stored so far, by earlier calls too. */
  readonly onProgress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface StoredFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Writes a model file beside its path, and moves it there when it is complete, durable, of the expected digest and a GGUF. So the path never holds
 * half a file. A half-done file stays for a later call if the source or the caller broke off and the version is known; on any other failure it is
 * removed. The caller holds the file's lock; a caller that has lost it touches no file any more.
 *
 * @throws ModelError WRONG_CHECKSUM, TRUNCATED, NOT_A_GGUF, UNSUPPORTED_VERSION, NO_SPACE, CACHE_NOT_WRITABLE; the error of `bytes`; the signal's
 *   reason
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

/** Writes the bytes and hashes the whole file, so it reads the bytes that earlier calls stored. */
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
