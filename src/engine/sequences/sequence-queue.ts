import type { Run } from "../run/run.js";
import type { SequenceSupply } from "./sequence-supply.js";

/** The runs that wait for a sequence, in order of arrival; a run whose beginning another run is just prefilling follows that run. */
export class SequenceQueue {
  readonly #supply: SequenceSupply;
  readonly #queue: RunQueue;
  /** Each run that waits for another run to prefill the same beginning, with the run that it follows. */
  readonly #following = new Map<Run, Run>();

  /** @param capacity the most runs that wait */
  constructor(supply: SequenceSupply, capacity: number) {
    this.#supply = supply;
    this.#queue = new RunQueue(capacity);
  }

  /** @returns false if the queue is full */
  offer(run: Run): boolean {
    return this.#queue.offer(run);
  }

  /** Takes the run that is to lease a sequence now. @param runs all runs that have not ended @returns undefined if none waits or no sequence is free */
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

  /** Removes a run that ended while it waited. */
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

/** Runs in order of arrival. Bounded, since the scheduler admits no more runs than there are sequences. */
export class RunQueue {
  readonly #capacity: number;
  readonly #runs = new Set<Run>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @returns false if the queue is full */
  offer(run: Run): boolean {
    if (this.#runs.size >= this.#capacity) return false;
    this.#runs.add(run);
    return true;
  }

  /** Puts a run that was taken, and had to wait for another, before all others. */
  putBack(run: Run): void {
    const waiting = [...this.#runs];
    this.#runs.clear();
    for (const each of [run, ...waiting]) this.#runs.add(each);
  }

  /** Takes the oldest run out of the queue. */
  take(): Run | undefined {
    const [run] = this.#runs;
    if (run !== undefined) this.#runs.delete(run);
    return run;
  }

  /** Removes a run that ended while it waited. */
  remove(run: Run): void {
    this.#runs.delete(run);
  }
}
