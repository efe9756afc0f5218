/** A source of monotonic time and of timers. Tests have one whose time they move by hand. */
export interface Clock {
  /** The milliseconds since an arbitrary start, with fractions. The value never goes back. */
  nowMs(): number;
  /** Calls `onDue` once, after at least `delayMs`. Disposing of the timer before then cancels it. A timer does not keep the process alive. */
  startTimer(delayMs: number, onDue: () => void): Disposable;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  startTimer: (delayMs, onDue) => new SystemTimer(delayMs, onDue),
};

/** A class and no object literal: thousands of calls each hold a timer, and instances share their method. */
class SystemTimer implements Disposable {
  readonly #timer: NodeJS.Timeout;

  constructor(delayMs: number, onDue: () => void) {
    this.#timer = setTimeout(onDue, delayMs);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
