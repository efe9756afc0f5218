import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { formatSize } from "../../settings/units.js";
import { UsageError } from "../command/usage-error.js";

/** A size beyond the limit of any server. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/**
 * Reads the text of a file, or of anything that a path can open, as `readText` does.
 *
 * @throws UsageError
 */
export async function readTextFile(path: string): Promise<string> {
  return await readText(createReadStream(path), path);
}

/**
 * Reads UTF-8 to its end. It drops one line break at the very end, which `echo` and editors add, because a model would take it for the end of a line.
 *
 * @param what the beginning of error messages
 * @throws UsageError if the text cannot be read, is too long or is not UTF-8
 */
async function readText(stream: Readable, what: string): Promise<string> {
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

const STANDARD_INPUT = "standard input";

/** The sources of a command's text. */
export interface TextSources {
  /** The positional argument; "-" is standard input. */
  readonly argument: string | undefined;
  /** The path that --file gives; "-" is standard input. */
  readonly file: string | undefined;
  /** Standard input, or undefined if it is read only on request. */
  readonly fallback: NodeJS.ReadStream | undefined;
  readonly stdin: NodeJS.ReadStream;
}

/**
 * Reads the text of a command: its argument, a file, or standard input if neither is given and it is no terminal. Returns undefined if there is none.
 *
 * @throws UsageError
 */
export async function readTextArgument(sources: TextSources): Promise<string | undefined> {
  const { argument, file, fallback, stdin } = sources;
  if (argument !== undefined && file !== undefined) {
    throw new UsageError(["a text and --file were given: only one can be taken"]);
  }
  if (argument === "-" || file === "-") return await readText(stdin, STANDARD_INPUT);
  if (argument !== undefined) return argument;
  if (file !== undefined) return await readTextFile(file);
  if (fallback === undefined || fallback.isTTY) return undefined;
  const text = await readText(fallback, STANDARD_INPUT);
  return text === "" ? undefined : text;
}
