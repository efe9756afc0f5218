import { availableMemoryBytes } from "../machine/memory.js";
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

const MOST_SLOTS = 8;
/** Up to this number for each core, more slots raise the throughput: 8 slots on two cores reach 3 times that of one. */
const SLOTS_PER_CORE = 4;
/** The share of the free memory that slots may take. The rest is for the batch, other processes and the page cache that holds the model. */
const MEMORY_SHARE = 0.5;

/** The facts that decide the number of slots when the operator does not set it. */
interface SlotFacts {
  readonly freeMemoryBytes: number;
  /** The key-value memory of one token in all layers. 0: it is unknown, and memory does not limit the slots. */
  readonly kvBytesPerToken: number;
  /** The context of one slot. Its memory is taken at the start, used or not. */
  readonly contextTokens: number;
  /** The cores that the process may use. */
  readonly cores: number;
}

/** Returns the number of slots that memory and cores carry, from 1 to 8. */
export function chooseSlots(facts: SlotFacts): number {
  const slotBytes = facts.kvBytesPerToken * facts.contextTokens;
  const byMemory = slotBytes === 0 ? MOST_SLOTS : Math.floor((facts.freeMemoryBytes * MEMORY_SHARE) / slotBytes);
  const byCores = Math.floor(facts.cores * SLOTS_PER_CORE);
  return Math.max(1, Math.min(MOST_SLOTS, byMemory, byCores));
}
