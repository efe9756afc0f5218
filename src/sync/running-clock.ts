import type { Clock } from "./clock.js";

/** How often the clock looks whether this thread still runs, while any of its timers is pending. */
const BEAT_MS = 250;
/** A beat that is later than this was held up by more than other work of the thread. */
const LATE_MS = 250;
/** A timer that lacks less than this is due: the two clocks round differently. */
const ROUNDING_MS = 0.5;

/**
 * Counts only the time in which this thread ran. A process that is stopped (SIGSTOP, a frozen container, a virtual machine's snapshot, a swap storm) hears
 * nothing of its peers meanwhile, so time limits that end somebody else's work go by this clock. While a timer is pending, a stretch in which the thread
 * did not run for over half a second counts as a quarter of a second; shorter ones count in full. While none is pending, the clock counts all time.
 */
export class RunningClock implements Clock {
  readonly #inner: Clock;
  #pausedMs = 0;
  /** By the inner clock: when the thread was last known to run. */
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
  /** By the running clock. */
  readonly dueMs: number;
  readonly onDue: () => void;
  /** Called once, when the timer has fired or was called off. */
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
