import type { Clock } from "./clock.js";

/**
 * A timer for a moment that is set and cancelled over and over, nearly always before it comes. It seldom starts a timer of the clock: a running one
 * that is due no later goes on, and then checks the moment again.
 */
export class DueTimer implements Disposable {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  /** Infinity: no moment is set. */
  #dueMs = Infinity;
  #timer: Disposable | undefined;
  #timerDueMs = Infinity;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Calls `onDue` when the clock reads `dueMs`, unless the moment is cancelled or set anew before then. */
  set(dueMs: number): void {
    this.#dueMs = dueMs;
    if (this.#timerDueMs > dueMs) this.#start();
  }

  cancel(): void {
    this.#dueMs = Infinity;
  }

  /** Cancels for good, and drops the timer, which would keep the user of this object alive. */
  [Symbol.dispose](): void {
    this.cancel();
    this.#timer?.[Symbol.dispose]();
  }

  #start(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timerDueMs = this.#dueMs;
    this.#timer = this.#clock.startTimer(this.#dueMs - this.#clock.nowMs(), () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
    if (this.#dueMs === Infinity) return;
    if (this.#clock.nowMs() < this.#dueMs) {
      this.#start();
      return;
    }
    this.cancel();
    this.#onDue();
  }
}
