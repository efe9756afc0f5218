import { RunQueue } from "./run-queue.js";
import type { Run } from "../run/run.js";
import type { SequenceSupply } from "./sequence-supply.js";

/** Runs that wait for a sequence: in order of arrival, but for those for whom another run is just reading the same beginning in. */
export class SequenceLine {
  readonly #supply: SequenceSupply;
  readonly #queue: RunQueue;
  /** Who waits for another run to have read the same beginning, by whom it follows. */
  readonly #following = new Map<Run, Run>();

  /** @param capacity most runs that wait */
  constructor(supply: SequenceSupply, capacity: number) {
    this.#supply = supply;
    this.#queue = new RunQueue(capacity);
  }

  /** @returns false when the line is full */
  offer(run: Run): boolean {
    return this.#queue.offer(run);
  }

  /** Who is to lease a sequence now; undefined where nobody waits or no sequence is free. @param runs all that have not ended */
  take(runs: ReadonlyMap<number, Run>): Run | undefined {
    this.#recallFollowers();
    while (this.#supply.hasFree) {
      const run = this.#queue.take();
      if (run === undefined) return undefined;
      const leader = this.#supply.leaderOf(run, runs.values());
      if (leader === undefined) return run;
      this.#following.set(run, leader);
    }
    return undefined;
  }

  /** A run that ended while it waited leaves. */
  remove(run: Run): void {
    this.#queue.remove(run);
    this.#following.delete(run);
  }

  #recallFollowers(): void {
    for (const [run, leader] of this.#following) {
      if (!this.#supply.hasArrived(leader, run)) continue;
      this.#following.delete(run);
      this.#queue.putBack(run);
    }
  }
}
