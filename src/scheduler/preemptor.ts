import type { Clock } from "../sync/clock.js";
import type { SlotTable } from "./slot-table.js";

/** A reader that was parked for less may only have been slow to be scheduled; its run would come back at once. */
const RIPE_MS = 100;

/** A holder of a slot, as the preemptor needs to know it. */
export interface Preemptable {
  /** How long its run has been standing still for its reader; undefined while it is not, or is about to end anyway. */
  parkedMs(): number | undefined;
  /** Its reader was behind before: no reason to give it time. */
  readonly wasPreempted: boolean;
}

export interface PreemptorOptions {
  readonly slots: SlotTable<Preemptable>;
  /** How many slots are wanted beyond those that are free. */
  readonly wanted: () => number;
  /** How many more may be without one. */
  readonly room: () => number;
  readonly clock: Clock;
  /** Asks the engine for it; `gone` tells when it is done. */
  readonly preempt: (runId: number) => void;
}

/**
 * Takes slots from runs whose readers are behind, for those who wait: the longest parked first, one for each waiter, and none that was
 * parked only just now. Main thread.
 */
export class Preemptor implements Disposable {
  readonly #options: PreemptorOptions;
  /** Asked for, and still holding their slots. */
  readonly #leaving = new Set<number>();
  #timer: Disposable | undefined;

  constructor(options: PreemptorOptions) {
    this.#options = options;
  }

  /** To be called whenever somebody may wait and something has changed. */
  makeRoom(): void {
    this[Symbol.dispose]();
    const { wanted, room, clock, preempt } = this.#options;
    let missing = Math.min(wanted(), room()) - this.#leaving.size;
    if (missing <= 0) return;
    for (const { runId, ripeInMs } of this.#candidates()) {
      if (missing === 0) return;
      if (ripeInMs > 0) {
        this.#timer = clock.startTimer(ripeInMs, () => this.makeRoom());
        return;
      }
      this.#leaving.add(runId);
      missing -= 1;
      preempt(runId);
    }
  }

  /** The run has given its slot up, however that came about. */
  gone(runId: number): void {
    this.#leaving.delete(runId);
  }

  /** The engine is gone: nothing that was asked for will come. */
  clear(): void {
    this.#leaving.clear();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** Who may go soonest first: of equals the longest parked. */
  #candidates(): { runId: number; ripeInMs: number }[] {
    const candidates: { runId: number; ripeInMs: number }[] = [];
    for (const [runId, holder] of this.#options.slots.entries()) {
      const parkedMs = this.#leaving.has(runId) ? undefined : holder.parkedMs();
      if (parkedMs === undefined) continue;
      candidates.push({ runId, ripeInMs: (holder.wasPreempted ? 0 : RIPE_MS) - parkedMs });
    }
    return candidates.sort((a, b) => a.ripeInMs - b.ripeInMs);
  }
}
