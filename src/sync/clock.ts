import { untilAborted } from "./abort.js";
import { Deferred } from "./deferred.js";

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

/** A length of time as a promise. Disposing of it drops the timer, and the promise then stays pending. */
export interface Pause extends Disposable {
  readonly over: Promise<void>;
}

export function startPause(clock: Clock, durationMs: number): Pause {
  const deferred = new Deferred<void>();
  const timer = clock.startTimer(durationMs, () => deferred.resolve());
  return { over: deferred.promise, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

/** Waits for `ms`, or not at all if that is not above 0. @throws the signal's reason if it aborts first */
export async function pause(ms: number, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<void> {
  signal.throwIfAborted();
  if (ms <= 0) return;
  using waiting = startPause(clock, ms);
  await untilAborted(waiting.over, signal);
}
