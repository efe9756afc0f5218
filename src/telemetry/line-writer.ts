import type { Writable } from "node:stream";

/**
 * Writes lines to a stream without ever waiting for it: what is not taken stays in a buffer of at most `maxBufferedBytes`, and lines beyond that are
 * dropped and counted. A destination that failed (a closed pipe) drops everything; it never throws and never ends the process.
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

  /** Since the start. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** True when the line is on its way, false when it was dropped. */
  write(line: string): boolean {
    const bufferedBytes = this.#destination.writableLength + Buffer.byteLength(line);
    const isTaken = !this.#failed && bufferedBytes <= this.#maxBufferedBytes;
    if (isTaken) this.#destination.write(line);
    else this.#droppedLines += 1;
    return isTaken;
  }
}

/** How long a reader that does not take what is buffered is waited for. */
const FLUSH_LIMIT_MS = 500;

/** Resolves when all that was written so far is out, the stream has failed, or half a second is over. Never rejects. */
export async function flushStream(stream: Writable): Promise<void> {
  if (stream.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, FLUSH_LIMIT_MS);
    // Called in order, so after every earlier write; with an error when the stream fails first.
    stream.write("", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
