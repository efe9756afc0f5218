import { Session } from "node:inspector/promises";
import { freemem } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Collects all garbage of this thread's heap and gives back what is left empty, in some 20 ms. After a load, which leaves much of both: V8 itself does so
 * seconds later, in the middle of the first calls, and until then the process is tens of MiB larger.
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

/** Memory that this process may still take, a container's limit included. */
export function availableMemoryBytes(): number {
  return Math.min(freemem(), process.availableMemory());
}

/** A full collection of this thread's heap, of some 20 ms. @throws Error where the runtime has none to call */
export function collectGarbage(): void {
  // A context that is made under that flag has the collection as a global.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect !== "function") throw new Error("this runtime has no garbage collector to call");
  Reflect.apply(collect, undefined, []);
}

/** What a GGUF file says of its tokens, as node-llama-cpp keeps it for as long as the model is loaded. */
export interface TokenMetadata {
  readonly tokens: readonly string[];
  readonly token_type: readonly number[];
  readonly scores?: readonly number[];
  readonly merges?: readonly string[];
}

/**
 * Lets go what a file says of each of its tokens, once that has been read; their number stays, which is all that the binding itself reads of them.
 * They are 6 MiB of a thread's heap for 49,000 tokens; llama.cpp has its own copy.
 */
export function forgetTokenTexts(vocabulary: TokenMetadata): void {
  const tokens: string[] = [];
  tokens.length = vocabulary.tokens.length;
  Object.assign(vocabulary, { tokens, token_type: [], scores: [], merges: [] } satisfies TokenMetadata);
}
