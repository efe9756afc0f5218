import { type Clock, RunningClock } from "../../sync/clock.js";

/** The longest interval at which a busy engine is pinged. */
const MAX_PING_INTERVAL_MS = 1_000;
/** The least number of pings within the step limit, so that a hang is found soon after the limit has passed. */
const LEAST_PINGS_PER_LIMIT = 4;

export interface EngineWatchdogOptions {
  /** The longest that a step or an answer may take. */
  readonly stepLimitMs: number;
  readonly clock: Clock;
  readonly ping: (pingId: number) => void;
  /** Called once, with an error that describes the hang. */
  readonly onHang: (error: Error) => void;
}

/** The engine's answer to a ping. */
interface Pong {
  readonly pingId: number;
  /** The number of the step that is in progress; undefined between two steps. */
  readonly stepNumber: number | undefined;
}

/**
 * Pings the engine every second while any run is active, and gives the alarm if a step or an answer takes longer than the step limit. Both are measured
 * in time during which this thread ran: a stopped process stops its engine too, and the engine is not to blame while this thread alone stands still.
 * The age of a step is therefore the time for which this thread has known it to be in progress, and not the time by the engine's own clock.
 */
export class EngineWatchdog implements Disposable {
  readonly #options: EngineWatchdogOptions;
  readonly #clock: RunningClock;
  readonly #intervalMs: number;
  #activeRuns = 0;
  #lastPingId = 0;
  /** When the unanswered ping was sent; undefined if there is none. */
  #askedMs: number | undefined;
  /** The step that was in progress at the latest answer, and when it was first seen. */
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
