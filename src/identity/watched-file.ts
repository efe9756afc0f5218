import { readFile, stat } from "node:fs/promises";
import type { Clock } from "../sync/clock.js";

/** How often a file is looked at. Two looks lie within the 5 s that a removed key has. */
const POLL_INTERVAL_MS = 2_000;

export interface WatchedFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Called when the file seems to have changed. */
  readonly onChange: () => Promise<void>;
}

/**
 * Looks at a file every two seconds. It compares time, size and inode, because neither a network file system nor a mounted secret of Kubernetes, which is a
 * link that is replaced, tells of changes in a uniform way.
 */
export class WatchedFile implements Disposable {
  readonly #options: WatchedFileOptions;
  #timer: Disposable | undefined;
  #mark = "";
  #isOver = false;

  constructor(options: WatchedFileOptions) {
    this.#options = options;
  }

  /**
   * Reads the file and remembers its state, so that only a later change counts.
   * @throws Error with the path if the file cannot be read or has more than `maxBytes`
   */
  async read(): Promise<string> {
    const { path, maxBytes } = this.#options;
    try {
      this.#mark = await markOf(path);
      const bytes = await readFile(path);
      if (bytes.length > maxBytes) throw new Error(`it has ${bytes.length} bytes; at most ${maxBytes}`);
      return bytes.toString("utf8");
    } catch (error) {
      throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  /** Starts to look. */
  watch(): void {
    if (this.#isOver) return;
    this.#timer = this.#options.clock.startTimer(POLL_INTERVAL_MS, () => void this.#look());
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const { path, onChange } = this.#options;
    const mark = await markOf(path).catch(() => "gone");
    if (mark !== this.#mark && !this.#isOver) {
      this.#mark = mark;
      await onChange();
    }
    this.watch();
  }
}

async function markOf(path: string): Promise<string> {
  const { mtimeMs, ctimeMs, size, ino } = await stat(path);
  return [mtimeMs, ctimeMs, size, ino].join();
}
