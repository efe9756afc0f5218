import type { Writable } from "node:stream";

/**
 * Writes lines to a stream and never waits for it. Lines that the stream has not taken stay in a buffer of at most `maxBufferedBytes`; lines beyond
 * that are dropped and counted. Once the destination has failed (a closed pipe), all lines are dropped. Writing never throws and never ends the
 * process.
 */
export class LineWriter {
  readonly #destination: Writable;
  readonly #maxBufferedBytes: number;
  #droppedLines = 0;
  #failed = false;

  constructor(destination: Writable, maxBufferedBytes: number) {
    this.#destination = destination;
    this.#maxBufferedBytes = maxBufferedBytes;
    destination.on("error", () => {
      this.#failed = true;
    });
  }

  /** The number of lines dropped since the start. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Returns whether the line was taken; otherwise it was dropped. */
  write(line: string): boolean {
    const bufferedBytes = this.#destination.writableLength + Buffer.byteLength(line);
    const isTaken = !this.#failed && bufferedBytes <= this.#maxBufferedBytes;
    if (isTaken) this.#destination.write(line);
    else this.#droppedLines += 1;
    return isTaken;
  }
}

/** A flush waits this long for a reader that does not take the buffered bytes. */
const FLUSH_LIMIT_MS = 500;

/** Resolves when everything written so far is out, when the stream has failed, or after half a second. Never rejects. */
export async function flushStream(stream: Writable): Promise<void> {
  if (stream.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, FLUSH_LIMIT_MS);
    // The callback comes after every earlier write, or with an error when the stream fails first.
    stream.write("", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
