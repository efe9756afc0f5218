import type { LlamaContext, LlamaContextSequence, Token } from "node-llama-cpp";
import type { BatchItem } from "./binding-internals.js";
import { EngineFault, type EngineSequence, type SavedState } from "../engine.js";
import { type StateFile, StateFiles, type StateFilesOptions } from "./state-files.js";

/** One sequence of a llama.cpp context. After a fault an empty sequence replaces it. */
export class LlamaSequence implements EngineSequence {
  readonly #context: LlamaContext;
  readonly #contextTokens: number;
  #inner: LlamaContextSequence;

  /** @param contextTokens the most tokens of input and output together */
  constructor(context: LlamaContext, contextTokens: number) {
    this.#context = context;
    this.#contextTokens = contextTokens;
    this.#inner = takeSequence(context);
  }

  get inner(): LlamaContextSequence {
    return this.#inner;
  }

  get length(): number {
    return this.#inner.nextTokenIndex;
  }

  tokens(): readonly number[] {
    return this.#inner.contextTokens;
  }

  /** Trims the sequence. Models that keep a window or a recurrent state may leave fewer tokens than asked for. */
  async trim(length: number): Promise<number> {
    try {
      // Unlike erasing a range, this never evaluates again the tokens that such a model can't cut off.
      await this.#inner.adaptStateToTokens(this.#inner.contextTokens.slice(0, length), false);
    } catch {
      // An empty sequence serves as well, only later.
      await this.reset();
    }
    return this.length;
  }

  /** Prefills tokens. @returns the fault if it failed; the sequence is empty then */
  async prefill(tokenIds: Uint32Array): Promise<EngineFault | undefined> {
    try {
      this.checkRoom(tokenIds.length);
      await this.#inner.evaluateWithoutGeneratingNewTokens(Array.from(tokenIds) as Token[]);
      return undefined;
    } catch (error) {
      await this.reset();
      return faultFrom(error);
    }
  }

  /** Makes the item with which the next batch prefills tokens. @throws EngineFault */
  item(tokenIds: Uint32Array): BatchItem {
    this.checkRoom(tokenIds.length);
    return { sequence: this.#inner, tokenIds, logits: 0 };
  }

  /** Checks that the tokens fit, since the binding would shift a full context. @throws EngineFault */
  checkRoom(tokens: number): void {
    if (this.length + tokens < this.#contextTokens) return;
    throw new EngineFault(`no room for ${tokens} tokens after ${this.length} in a context of ${this.#contextTokens}`);
  }

  /** Replaces the sequence by an empty one. After a failed decode nobody knows what the cache holds. */
  async reset(): Promise<void> {
    await this.#inner.dispose();
    this.#inner = takeSequence(this.#context);
  }
}

function takeSequence(context: LlamaContext): LlamaContextSequence {
  const strategy = (): never => {
    throw new EngineFault("llama.cpp was about to shift the context");
  };
  return context.getSequence({ contextShift: { size: 1, strategy } });
}

/** @throws TypeError if the sequence is another engine's */
export function ownSequence(sequence: EngineSequence): LlamaSequence {
  if (!(sequence instanceof LlamaSequence)) throw new TypeError("the sequence is another engine's");
  return sequence;
}

/** Matches the token's text that llama.cpp quotes when a grammar breaks down. Output is kept out of the log. */
const QUOTED_OUTPUT = /(?<=after accepting piece): .*$/s;

/** @returns the error itself if it is a fault, else a fault that names it */
export function faultFrom(error: unknown): EngineFault {
  if (error instanceof EngineFault) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineFault(`llama.cpp failed: ${message.replace(QUOTED_OUTPUT, "")}`, { cause: error });
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
