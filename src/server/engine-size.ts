import { availableMemoryBytes } from "../machine/memory.js";
import { chooseSlots } from "../machine/choose-slots.js";
import { usableThreads } from "../machine/usable-threads.js";
import type { GgufSummary } from "../models/gguf/gguf-summary.js";

/** The default size of the context. A larger one costs memory for every slot, whether it is used or not. */
const DEFAULT_CONTEXT_TOKENS = 4_096;
/** The key-value cache holds numbers in half precision. */
const KV_ELEMENT_BYTES = 2;

/** The size of the engine as the operator set it. */
export interface WantedSize {
  readonly slots: number | "auto";
  readonly contextTokens: number | "auto";
  readonly threads: number | "auto";
}

/** The size that the engine starts with. */
export interface EngineSize {
  readonly sequences: number;
  readonly contextTokens: number;
  readonly threads: number;
}

type ModelShape = Pick<GgufSummary, "trainContextTokens" | "blockCount" | "headCountKv" | "keyLength" | "valueLength">;

/**
 * Chooses every value that is "auto" by the model and by the free memory and cores of the machine. Call it only at the start.
 *
 * @throws Error if the context is longer than the model was trained for
 */
export function chooseEngineSize(wanted: WantedSize, model: ModelShape): EngineSize {
  const { trainContextTokens = DEFAULT_CONTEXT_TOKENS } = model;
  const contextTokens =
    wanted.contextTokens === "auto" ? Math.min(DEFAULT_CONTEXT_TOKENS, trainContextTokens) : wanted.contextTokens;
  if (model.trainContextTokens !== undefined && contextTokens > model.trainContextTokens) {
    throw new Error(
      `--context-tokens ${contextTokens} is more than the ${model.trainContextTokens} tokens that the model was trained for`,
    );
  }
  const cores = usableThreads();
  const threads = wanted.threads === "auto" ? cores : wanted.threads;
  const kvBytesPerToken = kvBytesPerTokenOf(model);
  const sequences =
    wanted.slots === "auto"
      ? chooseSlots({ freeMemoryBytes: availableMemoryBytes(), kvBytesPerToken, contextTokens, cores })
      : wanted.slots;
  return { sequences, contextTokens, threads };
}

/** Returns 0 if the model file lacks a number. Memory then does not bound the slots. */
function kvBytesPerTokenOf({ blockCount = 0, headCountKv = 0, keyLength = 0, valueLength = 0 }: ModelShape): number {
  return blockCount * headCountKv * (keyLength + valueLength) * KV_ELEMENT_BYTES;
}
