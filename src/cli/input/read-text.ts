import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { formatSize } from "../../settings/units.js";
import { UsageError } from "../command/usage-error.js";

/** More than any server can be set to take. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/**
 * The text of a file, or of anything that can be opened by a path. See `readText`.
 *
 * @throws UsageError
 */
export async function readTextFile(path: string): Promise<string> {
  return await readText(createReadStream(path), path);
}

/**
 * Reads UTF-8 to its end. One line break at the very end is dropped: `echo` and editors put it there, and a model takes it for the end of a line.
 *
 * @param what begins what is said about it
 * @throws UsageError when it can't be read, is too long or no UTF-8
 */
export async function readText(stream: Readable, what: string): Promise<string> {
  const blocks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const block of stream as AsyncIterable<Buffer>) {
      sizeBytes += block.length;
      if (sizeBytes > MAX_TEXT_BYTES) throw new UsageError([`${what}: longer than ${formatSize(MAX_TEXT_BYTES)}`]);
      blocks.push(block);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError([`${what}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`]);
  }
  return decodeText(Buffer.concat(blocks), what).replace(/\r?\n$/, "");
}

function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError([`${what}: is no UTF-8 text`]);
  }
}
