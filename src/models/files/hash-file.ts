import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

import { toDiskError } from "./model-error.js";

const READ_BYTES = 1024 * 1024;

export interface HashFileOptions {
  readonly signal: AbortSignal;
  /** Called with the number of bytes read so far. */
  readonly onProgress?: (doneBytes: number) => void;
}

/**
 * Returns the SHA-256 of a file in lower-case hex. The file is read in blocks of 1 MiB.
 *
 * @throws ModelError NOT_FOUND, NOT_A_FILE, NOT_READABLE; the signal's reason
 */
export async function hashFile(path: string, { signal, onProgress }: HashFileOptions): Promise<string> {
  const hash = createHash("sha256");
  let doneBytes = 0;
  const update = (block: Buffer): void => {
    hash.update(block);
    doneBytes += block.length;
    onProgress?.(doneBytes);
  };
  await readBlocks(path, update, { signal });
  return hash.digest("hex");
}

export interface FileStart {
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Adds the first bytes of a file to a digest that continues from there.
 *
 * @throws ModelError NOT_FOUND, NOT_READABLE; the signal's reason
 */
export async function hashStart(path: string, hash: Hash, { sizeBytes, signal }: FileStart): Promise<void> {
  // The end of a range is its last byte.
  await readBlocks(path, (block) => void hash.update(block), { end: sizeBytes - 1, signal });
}

async function readBlocks(
  path: string,
  take: (block: Buffer) => void,
  range: { readonly end?: number; readonly signal: AbortSignal },
): Promise<void> {
  try {
    const blocks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: READ_BYTES, ...range });
    for await (const block of blocks) take(block);
  } catch (error) {
    range.signal.throwIfAborted();
    throw toDiskError(error, "read", path);
  }
}
