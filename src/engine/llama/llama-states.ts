import type { SavedState } from "../engine.js";
import type { LlamaSequence } from "./llama-sequence.js";
import { StateFiles, type StateFile, type StateFilesOptions } from "./state-files.js";

class LlamaState implements SavedState {
  readonly tokenIds: readonly number[];
  readonly bytes: number;
  readonly file: StateFile;

  constructor(options: { tokenIds: readonly number[]; bytes: number; file: StateFile }) {
    this.tokenIds = options.tokenIds;
    this.bytes = options.bytes;
    this.file = options.file;
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
  }
}

/** Saves sequences to files and loads them, by the binding's own calls. A file is read only by the process that wrote it, so the model is the same. */
export class LlamaStates implements Disposable {
  readonly #files: StateFiles;
  /** The most bytes of one token in a file so far. */
  #tokenBytes = 0;

  constructor(options: StateFilesOptions) {
    this.#files = new StateFiles(options);
  }

  async save(sequence: LlamaSequence): Promise<SavedState | undefined> {
    const tokenIds = [...sequence.tokens()];
    const file = this.#files.create(tokenIds.length * this.#tokenBytes);
    if (file === undefined) return undefined;
    try {
      const { fileSize: bytes } = await sequence.inner.saveStateToFile(file.path);
      this.#tokenBytes = Math.max(this.#tokenBytes, bytes / tokenIds.length);
      if (file.measure(bytes)) return new LlamaState({ tokenIds, bytes, file });
    } catch {
      // There was no room after all, and the tokens are prefilled again.
    }
    file[Symbol.dispose]();
    return undefined;
  }

  async restore(sequence: LlamaSequence, state: SavedState): Promise<boolean> {
    if (!(state instanceof LlamaState)) throw new TypeError("the state is another engine's");
    try {
      await sequence.inner.loadStateFromFile(state.file.path, { acceptRisk: true });
      return true;
    } catch {
      await sequence.reset();
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }
}
