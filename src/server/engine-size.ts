import { availableMemoryBytes } from "../machine/memory.js";
import { usableThreads } from "../machine/usable-threads.js";
import { chooseContext, kvBytesPerToken, type SizedModel, standardContext } from "./choose-context.js";

/** The size of the engine as the operator set it. */
export interface WantedSize {
  readonly slots: number | "auto";
  /** standard: the model's own, at most 4,096. auto: by the memory. */
  readonly contextTokens: number | "standard" | "auto";
  readonly threads: number | "auto";
  /** The device that computes. */
  readonly gpu: string;
}

/** The size that the engine starts with. */
export interface EngineSize {
  readonly sequences: number;
  readonly contextTokens: number;
  readonly threads: number;
  /** The reason for the context, if its size was chosen by the memory. */
  readonly contextReason?: string;
}

/**
 * Chooses every value that the server determines, by the model and by the free memory and cores of the machine: the slots first, and a context of "auto"
 * by the memory that the slots then have. Call it only at the start.
 *
 * @param availableBytes the memory that the process may still take
 * @throws Error if the context is longer than the model was trained for
 */
export function chooseEngineSize(
  wanted: WantedSize,
  model: SizedModel,
  availableBytes: number = availableMemoryBytes(),
): EngineSize {
  const { contextTokens: wantedTokens } = wanted;
  if (
    typeof wantedTokens === "number" &&
    model.trainContextTokens !== undefined &&
    wantedTokens > model.trainContextTokens
  ) {
    throw new Error(
      `--context-tokens ${wantedTokens} is more than the ${model.trainContextTokens} tokens that the model was trained for`,
    );
  }
  const cores = usableThreads();
  const threads = wanted.threads === "auto" ? cores : wanted.threads;
  const leastTokens = typeof wantedTokens === "number" ? wantedTokens : standardContext(model);
  const sequences =
    wanted.slots === "auto"
      ? chooseSlots({
          freeMemoryBytes: availableBytes,
          kvBytesPerToken: kvBytesPerToken(model),
          contextTokens: leastTokens,
          cores,
        })
      : wanted.slots;
  if (wantedTokens !== "auto") return { sequences, contextTokens: leastTokens, threads };
  const isInOwnMemory = wanted.gpu === "off";
  const { contextTokens, reason } = chooseContext({ model, slots: sequences, availableBytes, isInOwnMemory });
  return { sequences, contextTokens, threads, contextReason: reason };
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
