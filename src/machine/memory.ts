import { Session } from "node:inspector/promises";
import { freemem } from "node:os";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Collects all garbage of this thread's heap and returns the empty pages to the system, in some 20 ms. A load leaves much garbage, and V8 itself
 * would collect it seconds later, in the middle of the first calls; until then the process would be tens of MiB larger.
 */
export async function shrinkHeap(): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post("HeapProfiler.collectGarbage");
  } finally {
    session.disconnect();
  }
}

/** Returns the memory that this thread's heap takes, with the buffers outside the heap that it owns. */
export function heapBytes(): number {
  const { total_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** Returns the memory that this process may still take. A container's limit counts. */
export function availableMemoryBytes(): number {
  return Math.min(freemem(), process.availableMemory());
}

/** Collects all garbage of this thread's heap, in some 20 ms, and keeps the empty pages. @throws Error if the runtime offers no collector */
export function collectGarbage(): void {
  // A context that is made while the flag is set has the collector as a global.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect !== "function") throw new Error("this runtime has no garbage collector to call");
  Reflect.apply(collect, undefined, []);
}

/** The metadata of a GGUF file about its tokens, which node-llama-cpp keeps while the model is loaded. */
export interface TokenMetadata {
  readonly tokens: readonly string[];
  readonly token_type: readonly number[];
  readonly scores?: readonly number[];
  readonly merges?: readonly string[];
}

/**
 * Drops the metadata of the tokens once it has been read, and keeps their number, which is all that the binding itself reads later. For 49,000 tokens
 * the metadata takes 6 MiB of a thread's heap, and llama.cpp has its own copy.
 */
export function forgetTokenTexts(vocabulary: TokenMetadata): void {
  const tokens: string[] = [];
  tokens.length = vocabulary.tokens.length;
  Object.assign(vocabulary, { tokens, token_type: [], scores: [], merges: [] } satisfies TokenMetadata);
}
