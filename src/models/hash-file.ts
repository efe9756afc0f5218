import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import { toDiskError } from "./disk-error.js";

const READ_BYTES = 1024 * 1024;

export interface HashFileOptions {
  readonly signal: AbortSignal;
  /** Bytes read so far. */
  readonly onProgress?: (doneBytes: number) => void;
}

/**
 * SHA-256 of a file, lower-case hex, read in blocks of 1 MiB.
 *
 * @throws ModelError NOT_FOUND, NOT_A_FILE, NOT_READABLE; the signal's reason
 */
export async function hashFile(path: string, { signal, onProgress }: HashFileOptions): Promise<string> {
  const hash = createHash("sha256");
  let doneBytes = 0;
  try {
    const blocks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: READ_BYTES, signal });
    for await (const block of blocks) {
      hash.update(block);
      doneBytes += block.length;
      onProgress?.(doneBytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw toDiskError(error, "read", path);
  }
  return hash.digest("hex");
}
