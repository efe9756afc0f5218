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
