const MOST_SLOTS = 8;
/** Up to so many a core, decoding side by side gains throughput: 3 times that of one at 8 on two cores. */
const SLOTS_PER_CORE = 4;
/** Of the free memory; the rest is for the batch, other processes and the page cache that holds the model. */
const MEMORY_SHARE = 0.5;

/** What decides how many generations are let in at once, where the operator doesn't say. */
export interface SlotFacts {
  readonly freeMemoryBytes: number;
  /** Key-value memory of one token, all layers; 0 where it isn't known, then memory decides nothing. */
  readonly kvBytesPerToken: number;
  /** Of one slot: its memory is taken at the start, used or not. */
  readonly contextTokens: number;
  /** That the process may use. */
  readonly cores: number;
}

/** As many slots as memory and cores carry, 1 to 8. */
export function chooseSlots(facts: SlotFacts): number {
  const slotBytes = facts.kvBytesPerToken * facts.contextTokens;
  const byMemory = slotBytes === 0 ? MOST_SLOTS : Math.floor((facts.freeMemoryBytes * MEMORY_SHARE) / slotBytes);
  const byCores = Math.floor(facts.cores * SLOTS_PER_CORE);
  return Math.max(1, Math.min(MOST_SLOTS, byMemory, byCores));
}
