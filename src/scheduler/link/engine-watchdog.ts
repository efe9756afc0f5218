import type { Clock } from "../../sync/clock.js";
import { RunningClock } from "../../sync/running-clock.js";

/** How often a busy engine is asked, at most. */
const MAX_PING_INTERVAL_MS = 1_000;
/** The engine is asked at least this often within the limit, so that a hang is found soon after it. */
const LEAST_PINGS_PER_LIMIT = 4;

export interface EngineWatchdogOptions {
  /** The longest that a step, or an answer, may take. */
  readonly stepLimitMs: number;
  readonly clock: Clock;
  readonly ping: (pingId: number) => void;
  /** Called once, with what was seen. */
  readonly onHang: (error: Error) => void;
}

/** An answer of the engine: the number of the step that is in progress, undefined between two steps. */
interface Pong {
  readonly pingId: number;
  readonly stepNumber: number | undefined;
}

/**
 * Asks the engine for a sign of life every second while any run is active, and gives the alarm when a step lasts longer than its limit or no answer
 * comes for so long. Both are counted in the time in which this thread ran: while the process is stopped its engine is stopped too, and while this
 * thread alone stands still its engine is not to blame. So a step's age is not what the engine's own clock says of it, but how long this thread has
 * known the step to be in progress.
 */
export class EngineWatchdog implements Disposable {
  readonly #options: EngineWatchdogOptions;
  readonly #clock: RunningClock;
  readonly #intervalMs: number;
  #activeRuns = 0;
  #lastPingId = 0;
  /** When the ping was sent that has no answer yet. */
  #askedMs: number | undefined;
  /** The step that was in progress at the last answer, and when it was first known to be. */
  #step: { readonly number: number; readonly sinceMs: number } | undefined;
  #timer: Disposable | undefined;

  constructor(options: EngineWatchdogOptions) {
    this.#options = options;
    this.#clock = new RunningClock(options.clock);
    this.#intervalMs = Math.min(MAX_PING_INTERVAL_MS, options.stepLimitMs / LEAST_PINGS_PER_LIMIT);
  }

  runStarted(): void {
    this.#activeRuns += 1;
    if (this.#activeRuns === 1) this.#rearm();
  }

  runEnded(): void {
    this.#activeRuns -= 1;
    if (this.#activeRuns === 0) this.#rest();
  }

  onPong({ pingId, stepNumber }: Pong): void {
    if (pingId !== this.#lastPingId || this.#askedMs === undefined) return;
    this.#askedMs = undefined;
    if (stepNumber === undefined) {
      this.#step = undefined;
      return;
    }
    if (this.#step?.number !== stepNumber) {
      this.#step = { number: stepNumber, sinceMs: this.#clock.nowMs() };
      return;
    }
    const ageMs = this.#clock.nowMs() - this.#step.sinceMs;
    const { stepLimitMs } = this.#options;
    if (ageMs < stepLimitMs) return;
    this.#alarm(`a step of the engine has been running for ${Math.round(ageMs)} ms, its limit is ${stepLimitMs} ms`);
  }

  [Symbol.dispose](): void {
    this.#rest();
  }

  #rearm(): void {
    this.#timer = this.#clock.startTimer(this.#intervalMs, () => this.#tick());
  }

  #rest(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#askedMs = undefined;
    this.#step = undefined;
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    this.#rearm();
    if (this.#askedMs === undefined) {
      this.#askedMs = nowMs;
      this.#lastPingId += 1;
      this.#options.ping(this.#lastPingId);
      return;
    }
    const silentMs = nowMs - this.#askedMs;
    if (silentMs >= this.#options.stepLimitMs) {
      this.#alarm(`the engine has not answered for ${Math.round(silentMs)} ms`);
    }
  }

  #alarm(message: string): void {
    this.#rest();
    this.#options.onHang(new Error(message));
  }
}
