import { fileMark, readSmallFile } from "../machine/small-file.js";
import type { Clock } from "../sync/clock.js";

/** How often a file is looked at. Three looks lie well within the 5 s that a removed key has. */
const LOOK_INTERVAL_MS = 1_000;

export interface WatchedFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Called when the file has changed and two looks in a row found it the same, so that it is not read while it is written. */
  readonly onChange: () => Promise<void>;
}

/**
 * Looks at a file every second, on the main thread. It compares time, size and inode, because neither a network file system nor a mounted secret of
 * Kubernetes, which is a link that is replaced, tells of changes in a uniform way. Looks and reads are synchronous, so that no decode step delays them.
 */
export class WatchedFile implements Disposable {
  readonly #options: WatchedFileOptions;
  #timer: Disposable | undefined;
  /** The state of the file at the last look. */
  #seenMark = "";
  /** The state of the file whose contents were read last, or undefined if they could not be read. */
  #readMark: string | undefined;
  /** Why the last reading failed. */
  #fault: string | undefined;
  #isOver = false;

  constructor(options: WatchedFileOptions) {
    this.#options = options;
  }

  /**
   * Reads the file and remembers its state, so that only a later change counts. A reading that fails is repeated at each look.
   * @throws Error with the path if the file cannot be read, has more than `maxBytes` or changes meanwhile
   */
  read(): string {
    this.#readMark = undefined;
    try {
      const { mark, text } = this.#readContents();
      this.#readMark = mark;
      this.#fault = undefined;
      return text;
    } catch (error) {
      this.#fault = String(error);
      throw error;
    }
  }

  /** Starts to look. */
  watch(): void {
    if (this.#isOver) return;
    this.#timer = this.#options.clock.startTimer(LOOK_INTERVAL_MS, () => void this.#look());
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const mark = fileMark(this.#options.path);
    const isSettled = mark === this.#seenMark;
    this.#seenMark = mark;
    if (isSettled && mark !== this.#readMark && !this.#failsAgain()) await this.#options.onChange();
    this.watch();
  }

  /** Whether the file cannot be read for the same reason as at the last reading, which has been reported already. */
  #failsAgain(): boolean {
    if (this.#fault === undefined) return false;
    try {
      this.#readContents();
      return false;
    } catch (error) {
      return String(error) === this.#fault;
    }
  }

  #readContents(): { readonly mark: string; readonly text: string } {
    const { path, maxBytes } = this.#options;
    const mark = fileMark(path);
    const text = readSmallFile(path, maxBytes).toString("utf8");
    if (fileMark(path) !== mark) throw new Error(`${path} cannot be read: it changes meanwhile`);
    return { mark, text };
  }
}
