import { availableMemoryBytes } from "../machine/available-memory.js";
import { chooseSlots } from "../machine/choose-slots.js";
import { usableThreads } from "../machine/usable-threads.js";
import type { GgufSummary } from "../models/gguf/gguf-summary.js";

/** Where nobody says how long a context may be; more costs memory for every slot, used or not. */
const DEFAULT_CONTEXT_TOKENS = 4_096;
/** The key-value cache is kept in half precision. */
const KV_ELEMENT_BYTES = 2;

/** How large the engine is to be, as the operator said or left open. */
export interface WantedSize {
  readonly slots: number | "auto";
  readonly contextTokens: number | "auto";
  readonly threads: number | "auto";
}

export interface EngineSize {
  readonly sequences: number;
  readonly contextTokens: number;
  readonly threads: number;
}

type ModelShape = Pick<GgufSummary, "trainContextTokens" | "blockCount" | "headCountKv" | "keyLength" | "valueLength">;

/**
 * Settles what was left open from the model and the machine, which it looks at: call it at the start only.
 *
 * @throws Error when the context is to be longer than the model was trained for
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

/** 0 where the file does not tell; then memory does not bound the slots. */
function kvBytesPerTokenOf({ blockCount = 0, headCountKv = 0, keyLength = 0, valueLength = 0 }: ModelShape): number {
  return blockCount * headCountKv * (keyLength + valueLength) * KV_ELEMENT_BYTES;
}
