import type { Clock } from "./clock.js";

/**
 * A moment to wait for that is set and called off over and over, nearly always before it comes. Costs a timer only now and then: one that runs already
 * and is due no later is let run, and looks again then.
 */
export class DueTimer implements Disposable {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  /** Infinity: nothing is waited for. */
  #dueMs = Infinity;
  #timer: Disposable | undefined;
  #timerDueMs = Infinity;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Calls `onDue` at `dueMs`, by the clock, unless it is called off or set anew before. */
  set(dueMs: number): void {
    this.#dueMs = dueMs;
    if (this.#timerDueMs > dueMs) this.#start();
  }

  callOff(): void {
    this.#dueMs = Infinity;
  }

  /** For good: nothing keeps its user alive any longer. */
  [Symbol.dispose](): void {
    this.callOff();
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
    this.callOff();
    this.#onDue();
  }
}
