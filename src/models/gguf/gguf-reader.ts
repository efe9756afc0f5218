import type { FileHandle } from "node:fs/promises";

import { ModelError } from "../files/model-error.js";

/** The size of the buffer, and so the most bytes that one `need` may ask for. */
const BUFFER_BYTES = 256 * 1024;

/**
 * Reads a file from front to back through one buffer of fixed size, whatever lengths the file claims. After `need(n)` the next n bytes can be taken
 * without waiting.
 */
export class GgufReader {
  readonly fileBytes: number;
  readonly #file: FileHandle;
  readonly #displayName: string;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #start = 0;
  #end = 0;
  /** The file position of the buffer's end. */
  #readBytes = 0;

  constructor(
    file: FileHandle,
    { fileBytes, displayName }: { readonly fileBytes: number; readonly displayName: string },
  ) {
    this.#file = file;
    this.fileBytes = fileBytes;
    this.#displayName = displayName;
  }

  /** The number of bytes that were taken or skipped. */
  get position(): number {
    return this.#readBytes - this.buffered;
  }

  /** The number of bytes that can be taken without waiting. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Waits until the next bytes are in the buffer. @throws ModelError TRUNCATED if the file ends before them */
  async need(bytes: number): Promise<void> {
    if (bytes <= this.buffered) return;
    this.requireWithinFile(bytes);
    this.#buffer.copy(this.#buffer, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    while (this.#end < bytes) {
      const { bytesRead } = await this.#file.read(this.#buffer, this.#end, BUFFER_BYTES - this.#end, this.#readBytes);
      if (bytesRead === 0) throw this.truncated(this.position + bytes);
      this.#end += bytesRead;
      this.#readBytes += bytesRead;
    }
  }

  /** Skips bytes without reading those that are not in the buffer yet. */
  skip(bytes: number): void {
    this.requireWithinFile(bytes);
    if (bytes <= this.buffered) {
      this.#start += bytes;
      return;
    }
    this.#readBytes = this.position + bytes;
    this.#start = 0;
    this.#end = 0;
  }

  takeU32(): number {
    const value = this.#buffer.readUInt32LE(this.#start);
    this.#start += 4;
    return value;
  }

  /** Takes a count, a length or an offset. @throws ModelError NOT_A_GGUF if it is beyond the size of any file */
  takeU64(): number {
    const value = this.takeU32() + this.takeU32() * 0x1_0000_0000;
    if (!Number.isSafeInteger(value)) throw this.malformed(`a length of ${value} bytes`);
    return value;
  }

  /** Takes the next bytes, which stay valid until the next call of `need`. */
  takeBytes(bytes: number): Buffer {
    this.#start += bytes;
    return this.#buffer.subarray(this.#start - bytes, this.#start);
  }

  /** @throws ModelError TRUNCATED */
  requireWithinFile(bytes: number): void {
    const endBytes = this.position + bytes;
    if (endBytes > this.fileBytes) throw this.truncated(endBytes);
  }

  truncated(expectedBytes: number): ModelError {
    return new ModelError(
      "TRUNCATED",
      `${this.#displayName} is truncated: at least ${expectedBytes} bytes expected, it has ${this.fileBytes}`,
    );
  }

  malformed(what: string): ModelError {
    return new ModelError(
      "NOT_A_GGUF",
      `${this.#displayName} is not a sound GGUF file: ${what} at byte ${this.position}`,
    );
  }
}
