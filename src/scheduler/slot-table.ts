interface HeldSlot<T> {
  readonly holder: T;
  readonly sinceMs: number;
}

/** Who holds which slot. A run id names one run for ever, so a slot that was released cannot be released again in another's place. */
export class SlotTable<T> {
  readonly total: number;
  readonly #held = new Map<number, HeldSlot<T>>();
  #lastRunId = 0;

  /** @param total at least 1. */
  constructor(total: number) {
    this.total = total;
  }

  get busy(): number {
    return this.#held.size;
  }

  get hasFree(): boolean {
    return this.#held.size < this.total;
  }

  /**
   * The run id under which `holder` holds a slot from now on.
   * @param runId of a run that had given its slot up; default: a new one
   * @throws Error when none is free.
   */
  take(holder: T, nowMs: number, runId = this.#lastRunId + 1): number {
    if (!this.hasFree) throw new Error(`all ${this.total} slots are held`);
    this.#lastRunId = Math.max(this.#lastRunId, runId);
    this.#held.set(runId, { holder, sinceMs: nowMs });
    return runId;
  }

  holderOf(runId: number): T | undefined {
    return this.#held.get(runId)?.holder;
  }

  /** How long the slot was held; undefined when it was free already. */
  release(runId: number, nowMs: number): number | undefined {
    const slot = this.#held.get(runId);
    this.#held.delete(runId);
    return slot === undefined ? undefined : nowMs - slot.sinceMs;
  }

  /** The engine is gone: all slots are free. */
  clear(): void {
    this.#held.clear();
  }

  /** Run ids and holders, in the order in which they took their slots. */
  *entries(): IterableIterator<[number, T]> {
    for (const [runId, { holder }] of this.#held) yield [runId, holder];
  }

  /** In the order in which they took their slots. */
  holders(): T[] {
    return Array.from(this.#held.values(), (slot) => slot.holder);
  }

  /** One entry a slot: how long it has been held, undefined for a free one. */
  heldMs(nowMs: number): (number | undefined)[] {
    const held: (number | undefined)[] = Array.from(this.#held.values(), (slot) => nowMs - slot.sinceMs);
    return held.concat(Array.from({ length: this.total - held.length }, () => undefined));
  }
}
