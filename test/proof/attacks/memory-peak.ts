/** A memory is read so often. */
const SAMPLE_MS = 50;

/** The most that something came to, until it is disposed. */
export class MemoryPeak implements Disposable {
  bytes: number;
  readonly #timer: NodeJS.Timeout;

  constructor(read: () => number) {
    this.bytes = read();
    this.#timer = setInterval(() => (this.bytes = Math.max(this.bytes, read())), SAMPLE_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
