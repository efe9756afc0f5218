import type { FileHandle } from "node:fs/promises";

import { ModelError } from "../files/model-error.js";

/** Also the longest run of bytes that one `need` may ask for. */
const BUFFER_BYTES = 256 * 1024;

/**
 * Reads a file from front to back through one buffer of fixed size, whatever lengths the file claims. After `need(n)` the next n bytes are there and
 * are taken without waiting.
 */
export class GgufReader {
  readonly fileBytes: number;
  readonly #file: FileHandle;
  readonly #displayName: string;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #start = 0;
  #end = 0;
  /** File position of the buffer's end. */
  #readBytes = 0;

  constructor(
    file: FileHandle,
    { fileBytes, displayName }: { readonly fileBytes: number; readonly displayName: string },
  ) {
    this.#file = file;
    this.fileBytes = fileBytes;
    this.#displayName = displayName;
  }

  /** How many bytes of the file have been taken or skipped. */
  get position(): number {
    return this.#readBytes - this.buffered;
  }

  /** Bytes that can be taken without waiting. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** @throws ModelError TRUNCATED when the file ends before */
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

  /** Passes over bytes without reading those that are not in the buffer yet. */
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

  /** A count, length or offset. @throws ModelError NOT_A_GGUF when it is beyond every file */
  takeU64(): number {
    const value = this.takeU32() + this.takeU32() * 0x1_0000_0000;
    if (!Number.isSafeInteger(value)) throw this.malformed(`a length of ${value} bytes`);
    return value;
  }

  /** The next bytes, valid until the next call of `need`. */
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
