import type { Clock } from "../../src/sync/clock.js";

interface ManualTimer {
  readonly dueMs: number;
  readonly onDue: () => void;
}

/** Time that stands still until a test moves it. Timers fire inside `advance`, in order of their due times. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<ManualTimer>();

  nowMs(): number {
    return this.#nowMs;
  }

  startTimer(delayMs: number, onDue: () => void): Disposable {
    const timer = { dueMs: this.#nowMs + delayMs, onDue };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Timers that neither fired nor were called off. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** When the next timer falls due; undefined: there is none. */
  get nextDueMs(): number | undefined {
    return this.#nextDue(Infinity)?.dueMs;
  }

  /** Moves time on, firing what falls due on the way, at its own due time. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let due = this.#nextDue(untilMs); due !== undefined; due = this.#nextDue(untilMs)) {
      this.#timers.delete(due);
      this.#nowMs = due.dueMs;
      due.onDue();
    }
    this.#nowMs = untilMs;
  }

  /** Moves time on as for a process that was stopped meanwhile: what fell due on the way is late, and fires in order once it runs again. */
  pause(forMs: number): void {
    this.#nowMs += forMs;
    const isLate = ({ dueMs }: ManualTimer): boolean => dueMs <= this.#nowMs;
    const late = [...this.#timers].filter(isLate).toSorted((one, other) => one.dueMs - other.dueMs);
    for (const timer of late) if (this.#timers.delete(timer)) timer.onDue();
  }

  #nextDue(untilMs: number): ManualTimer | undefined {
    let next: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}
