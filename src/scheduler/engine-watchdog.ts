import type { Clock } from "../sync/clock.js";

/** How often a busy engine is asked, at most. */
const MAX_PING_INTERVAL_MS = 1_000;

export interface EngineWatchdogOptions {
  /** The longest that a step, or an answer, may take. */
  readonly stepLimitMs: number;
  readonly clock: Clock;
  readonly ping: (pingId: number) => void;
  /** Called once, with what was seen. */
  readonly onHang: (error: Error) => void;
}

/**
 * Asks the engine for a sign of life every second while any run is active, and gives the alarm when a step lasts longer than its limit or no answer
 * comes for so long. Silence is counted in ticks of this thread: when this thread itself stands still, its engine is not to blame.
 */
export class EngineWatchdog implements Disposable {
  readonly #options: EngineWatchdogOptions;
  readonly #intervalMs: number;
  #activeRuns = 0;
  #lastPingId = 0;
  #awaitsPong = false;
  #silentMs = 0;
  #timer: Disposable | undefined;

  constructor(options: EngineWatchdogOptions) {
    this.#options = options;
    this.#intervalMs = Math.min(MAX_PING_INTERVAL_MS, options.stepLimitMs);
  }

  runStarted(): void {
    this.#activeRuns += 1;
    if (this.#activeRuns === 1) this.#rearm();
  }

  runEnded(): void {
    this.#activeRuns -= 1;
    if (this.#activeRuns === 0) this.#rest();
  }

  onPong(pong: { readonly pingId: number; readonly stepMs: number }): void {
    if (pong.pingId !== this.#lastPingId) return;
    this.#awaitsPong = false;
    this.#silentMs = 0;
    const { stepLimitMs } = this.#options;
    if (pong.stepMs > stepLimitMs) {
      this.#alarm(
        `a step of the engine has been running for ${Math.round(pong.stepMs)} ms, its limit is ${stepLimitMs} ms`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.#rest();
  }

  #rearm(): void {
    this.#timer = this.#options.clock.startTimer(this.#intervalMs, () => this.#tick());
  }

  #rest(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#awaitsPong = false;
    this.#silentMs = 0;
  }

  #tick(): void {
    this.#rearm();
    if (!this.#awaitsPong) {
      this.#awaitsPong = true;
      this.#lastPingId += 1;
      this.#options.ping(this.#lastPingId);
      return;
    }
    this.#silentMs += this.#intervalMs;
    if (this.#silentMs >= this.#options.stepLimitMs) {
      this.#alarm(`the engine has not answered for ${this.#silentMs} ms`);
    }
  }

  #alarm(message: string): void {
    this.#rest();
    this.#options.onHang(new Error(message));
  }
}
