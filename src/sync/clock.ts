/** Monotonic time and timers behind one seam, so that tests move time by hand. */
export interface Clock {
  /** Milliseconds since an arbitrary start, with fractions; never goes back. */
  nowMs(): number;
  /** Calls `onDue` once, after at least `delayMs`. Disposing the timer before that calls it off. A timer does not keep the process alive. */
  startTimer(delayMs: number, onDue: () => void): Disposable;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  startTimer: (delayMs, onDue) => new SystemTimer(delayMs, onDue),
};

/** A class, for thousands of calls each hold one: its instances share their one method. */
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
