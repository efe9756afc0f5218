import type { Clock } from "./clock.js";

/** While any of its timers is pending, the clock checks at this interval whether the thread still runs. */
const BEAT_MS = 250;
/** Other work of the thread delays a beat by less than this. */
const LATE_MS = 250;
/** A timer is due when less than this remains, because the two clocks round differently. */
const ROUNDING_MS = 0.5;

/**
 * A clock that counts only the time in which this thread ran. A process that is stopped (SIGSTOP, a frozen container, a virtual machine's snapshot, a
 * swap storm) hears nothing of its peers meanwhile, so time limits on somebody else's work go by this clock. While a timer is pending, a stretch of
 * over half a second in which the thread did not run counts as a quarter of a second, and shorter stretches count in full. While no timer is pending,
 * the clock counts all time.
 */
export class RunningClock implements Clock {
  readonly #inner: Clock;
  #pausedMs = 0;
  /** The inner clock's time at which the thread was last known to run. */
  #seenMs = 0;
  #beat: Disposable | undefined;
  #pending = 0;

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  nowMs(): number {
    const nowMs = this.#inner.nowMs();
    const gapMs = nowMs - this.#seenMs;
    if (this.#beat !== undefined && gapMs > BEAT_MS + LATE_MS) {
      this.#pausedMs += gapMs - BEAT_MS;
      this.#seenMs = nowMs;
    }
    return nowMs - this.#pausedMs;
  }

  startTimer(delayMs: number, onDue: () => void): Disposable {
    this.#pending += 1;
    if (this.#pending === 1) this.#startBeat();
    return new RunningTimer({
      clock: this,
      inner: this.#inner,
      dueMs: this.nowMs() + delayMs,
      onDue,
      onEnd: this.#onTimerEnd,
    });
  }

  readonly #onTimerEnd = (): void => {
    this.#pending -= 1;
    if (this.#pending > 0) return;
    this.#beat?.[Symbol.dispose]();
    this.#beat = undefined;
  };

  #startBeat(): void {
    this.#seenMs = this.#inner.nowMs();
    this.#beat = this.#inner.startTimer(BEAT_MS, () => {
      this.nowMs();
      this.#startBeat();
    });
  }
}

interface RunningTimerParts {
  readonly clock: RunningClock;
  readonly inner: Clock;
  /** In the running clock's time. */
  readonly dueMs: number;
  readonly onDue: () => void;
  /** Called once, when the timer has fired or was cancelled. */
  readonly onEnd: () => void;
}

class RunningTimer implements Disposable {
  readonly #parts: RunningTimerParts;
  #timer: Disposable | undefined;

  constructor(parts: RunningTimerParts) {
    this.#parts = parts;
    this.#wait(parts.dueMs - parts.clock.nowMs());
  }

  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    this.#timer[Symbol.dispose]();
    this.#timer = undefined;
    this.#parts.onEnd();
  }

  #wait(leftMs: number): void {
    this.#timer = this.#parts.inner.startTimer(leftMs, () => this.#look());
  }

  #look(): void {
    const { clock, dueMs, onDue, onEnd } = this.#parts;
    const leftMs = dueMs - clock.nowMs();
    if (leftMs > ROUNDING_MS) {
      this.#wait(leftMs);
      return;
    }
    this.#timer = undefined;
    onEnd();
    onDue();
  }
}
