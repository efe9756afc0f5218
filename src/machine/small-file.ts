import { readFileSync, statSync } from "node:fs";

/**
 * Reads a small file at once. The read is synchronous, because an asynchronous one would wait for the one thread of libuv's pool, which the engine's
 * decode steps hold. It takes some ten microseconds.
 *
 * @throws Error with the file and the fault
 */
export function readSmallFile(path: string, maxBytes: number): Buffer {
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new Error(`it has ${size} bytes; at most ${maxBytes}`);
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`${path} cannot be read: ${code ?? message}`, { cause: error });
  }
}

/**
 * A text that changes when the contents of a file change. Links are followed, so the exchange of a linked folder shows too. A file that cannot be read
 * has the code of the fault.
 */
export function fileMark(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  }
}
