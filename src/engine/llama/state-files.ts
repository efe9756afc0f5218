import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { defaultStateRoots, openStateDirectory, type StateDirectory } from "./state-directory.js";

/** Of the file system's free room, that is left to others. */
const SPARED_SHARE = 0.1;

export interface StateFilesOptions {
  /** All files together. 0: none is kept. */
  readonly budgetBytes: number;
  /** Where they may lie, best first. Default: in memory, then on the disk. */
  readonly roots?: readonly string[];
}

/** A place for one file, mode 0600. Disposing removes it and gives its bytes back; doing so again does nothing. */
export interface StateFile extends Disposable {
  readonly path: string;
  /** Says how large it has become. @returns false where that is more than there was room for; it is to be disposed of then */
  measure(bytes: number): boolean;
}

/** The files that hold saved state: in a private folder of this process, within a budget of bytes. */
export class StateFiles implements Disposable {
  readonly #budgetBytes: number;
  readonly #roots: readonly string[];
  #directory: StateDirectory | undefined;
  #usedBytes = 0;
  #files = 0;

  constructor({ budgetBytes, roots = defaultStateRoots() }: StateFilesOptions) {
    this.#budgetBytes = budgetBytes;
    this.#roots = roots;
    // At once and not with the first file: what a killed process left takes up memory.
    this.#directory = budgetBytes > 0 ? openStateDirectory(roots, budgetBytes) : undefined;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** @param expectedBytes how large it will be @returns undefined where there is no room */
  create(expectedBytes: number): StateFile | undefined {
    // Somebody may tidy up where it lies.
    if (this.#directory !== undefined && !existsSync(this.#directory.path)) {
      this.#directory = openStateDirectory(this.#roots, this.#budgetBytes);
    }
    const directory = this.#directory;
    if (directory === undefined || this.#usedBytes + expectedBytes > this.#budgetBytes) return undefined;
    if (expectedBytes > directory.freeBytes() * (1 - SPARED_SHARE)) return undefined;
    this.#files += 1;
    const path = join(directory.path, String(this.#files));
    try {
      // llama.cpp writes into the file that is there: its mode stays.
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
