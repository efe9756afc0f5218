import type { LlamaContext, LlamaContextSequence, Token } from "node-llama-cpp";
import type { BatchItem } from "./binding-internals.js";
import { EngineFault, type EngineSequence } from "../engine.js";

/** One sequence of a llama.cpp context. After a fault it is replaced by an empty one. */
export class LlamaSequence implements EngineSequence {
  readonly #context: LlamaContext;
  readonly #contextTokens: number;
  #inner: LlamaContextSequence;

  /** @param contextTokens what input and output together may come to */
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

  /** Leaves fewer than asked for with models that keep a window or a recurrent state. */
  async trim(length: number): Promise<number> {
    try {
      // Unlike erasing a range, this never evaluates again what such a model can't cut.
      await this.#inner.adaptStateToTokens(this.#inner.contextTokens.slice(0, length), false);
    } catch {
      // An empty sequence serves as well, only later.
      await this.reset();
    }
    return this.length;
  }

  /** Reads tokens in. @returns what went wrong; the sequence is empty then */
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

  /** To be read in by the next batch, with nothing sampled. @throws EngineFault */
  item(tokenIds: Uint32Array): BatchItem {
    this.checkRoom(tokenIds.length);
    return { sequence: this.#inner, tokenIds, logits: 0 };
  }

  /** The binding shifts the context when it is full; it must never come to that. @throws EngineFault */
  checkRoom(tokens: number): void {
    if (this.length + tokens < this.#contextTokens) return;
    throw new EngineFault(`no room for ${tokens} tokens after ${this.length} in a context of ${this.#contextTokens}`);
  }

  /** Starts anew: after a failed decode nobody knows what the cache holds. */
  async reset(): Promise<void> {
    await this.#inner.dispose();
    this.#inner = takeSequence(this.#context);
  }
}

/** @throws TypeError */
export function ownSequence(sequence: EngineSequence): LlamaSequence {
  if (!(sequence instanceof LlamaSequence)) throw new TypeError("the sequence is another engine's");
  return sequence;
}

/** Where a grammar breaks down, llama.cpp quotes the token's text, which is output and so no business of a log's. */
const QUOTED_OUTPUT = /(?<=after accepting piece): .*$/s;

/** @returns the error if it is a fault, else a fault that names it */
export function faultFrom(error: unknown): EngineFault {
  if (error instanceof EngineFault) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineFault(`llama.cpp failed: ${message.replace(QUOTED_OUTPUT, "")}`, { cause: error });
}

function takeSequence(context: LlamaContext): LlamaContextSequence {
  const strategy = (): never => {
    throw new EngineFault("llama.cpp was about to shift the context");
  };
  return context.getSequence({ contextShift: { size: 1, strategy } });
}
