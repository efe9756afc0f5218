import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { defaultStateRoots, openStateDirectory, type StateDirectory } from "./state-directory.js";

/** The share of the file system's free room that is left to others. */
const SPARED_SHARE = 0.1;

export interface StateFilesOptions {
  /** The most bytes of all files together. 0: no state is saved. */
  readonly budgetBytes: number;
  /** The roots of the folder, best first. Default: in memory, then on the disk. */
  readonly roots?: readonly string[];
}

/** A file with mode 0600. Disposing removes it and gives its bytes back; disposing again does nothing. */
export interface StateFile extends Disposable {
  readonly path: string;
  /** Counts the bytes of the written file. @returns false if there was no room for them; the file has to be disposed of then */
  measure(bytes: number): boolean;
}

/** The files of saved state, in a private folder of this process and within a budget of bytes. */
export class StateFiles implements Disposable {
  readonly #budgetBytes: number;
  readonly #roots: readonly string[];
  #directory: StateDirectory | undefined;
  #usedBytes = 0;
  #files = 0;

  constructor({ budgetBytes, roots = defaultStateRoots() }: StateFilesOptions) {
    this.#budgetBytes = budgetBytes;
    this.#roots = roots;
    // The folder is opened before the first file, since what a killed process left takes up memory.
    this.#directory = budgetBytes > 0 ? openStateDirectory(roots, budgetBytes) : undefined;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** @param expectedBytes the size that the file will have @returns undefined if there is no room */
  create(expectedBytes: number): StateFile | undefined {
    // The folder may have been removed by a clean-up of its root.
    if (this.#directory !== undefined && !existsSync(this.#directory.path)) {
      this.#directory = openStateDirectory(this.#roots, this.#budgetBytes);
    }
    const directory = this.#directory;
    if (directory === undefined || this.#usedBytes + expectedBytes > this.#budgetBytes) return undefined;
    if (expectedBytes > directory.freeBytes() * (1 - SPARED_SHARE)) return undefined;
    this.#files += 1;
    const path = join(directory.path, String(this.#files));
    try {
      // llama.cpp writes into the existing file, so its mode stays.
      closeSync(openSync(path, "wx", 0o600));
    } catch {
      return undefined;
    }
    return this.#fileAt(path);
  }

  #fileAt(path: string): StateFile {
    let countedBytes = 0;
    return {
      path,
      measure: (bytes) => {
        this.#usedBytes += bytes - countedBytes;
        countedBytes = bytes;
        return this.#usedBytes <= this.#budgetBytes;
      },
      [Symbol.dispose]: () => {
        rmSync(path, { force: true });
        this.#usedBytes -= countedBytes;
        countedBytes = 0;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#directory?.[Symbol.dispose]();
    this.#directory = undefined;
  }
}
