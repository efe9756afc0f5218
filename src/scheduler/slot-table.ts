/** Who holds which slot. A run id names one run for ever, so a slot that was released cannot be released again in another's place. */
export class SlotTable<T> {
  readonly total: number;
  readonly #held = new Map<number, T>();
  #lastRunId = 0;

  /** @param total at least 1. */
  constructor(total: number) {
    this.total = total;
  }

  get busy(): number {
    return this.#held.size;
  }

  get free(): number {
    return this.total - this.#held.size;
  }

  get hasFree(): boolean {
    return this.free > 0;
  }

  /**
   * The run id under which `holder` holds a slot from now on.
   * @param runId of a run that had given its slot up; default: a new one
   * @throws Error when none is free.
   */
  take(holder: T, runId = this.#lastRunId + 1): number {
    if (!this.hasFree) throw new Error(`all ${this.total} slots are held`);
    this.#lastRunId = Math.max(this.#lastRunId, runId);
    this.#held.set(runId, holder);
    return runId;
  }

  holderOf(runId: number): T | undefined {
    return this.#held.get(runId);
  }

  /** Does nothing when it was free already. */
  release(runId: number): void {
    this.#held.delete(runId);
  }

  /** The engine is gone: all slots are free. */
  clear(): void {
    this.#held.clear();
  }

  /** Run ids and holders, in the order in which they took their slots. */
  entries(): IterableIterator<[number, T]> {
    return this.#held.entries();
  }

  /** In the order in which they took their slots. */
  holders(): T[] {
    return [...this.#held.values()];
  }
}
