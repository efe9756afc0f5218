const MOST_SLOTS = 8;
/** Up to this number for each core, more slots raise the throughput: 8 slots on two cores reach 3 times that of one. */
const SLOTS_PER_CORE = 4;
/** The share of the free memory that slots may take. The rest is for the batch, other processes and the page cache that holds the model. */
const MEMORY_SHARE = 0.5;

/** The facts that decide the number of slots when the operator does not set it. */
export interface SlotFacts {
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
