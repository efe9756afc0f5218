/** Which run holds which slot. A run id is never used again, so releasing a slot twice cannot free another run's slot. */
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
   * Takes a free slot for `holder` and returns the run id under which it is held.
   * @param runId the id of a run that had given its slot up; default: a new id.
   * @throws Error if no slot is free.
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

  /** Does nothing if the run holds no slot. */
  release(runId: number): void {
    this.#held.delete(runId);
  }

  /** Frees all slots, because the engine is gone. */
  clear(): void {
    this.#held.clear();
  }

  /** The run ids and holders, in the order in which they took their slots. */
  entries(): IterableIterator<[number, T]> {
    return this.#held.entries();
  }

  /** The holders, in the order in which they took their slots. */
  holders(): T[] {
    return [...this.#held.values()];
  }
}
