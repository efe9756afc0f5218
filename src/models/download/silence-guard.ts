import { type Clock, DueTimer, RunningClock, systemClock } from "../../sync/clock.js";
import { onAbort } from "../../sync/abort.js";
import { ModelError } from "../files/model-error.js";

/**
 * A signal that aborts when the caller's does, or when the peer has been silent for too long. Time in which the process was stopped or the machine
 * slept does not count. Each connection has one; disposing of it aborts the work that still listens to the signal, and removes its listener from the
 * caller's.
 */
export class SilenceGuard implements Disposable {
  readonly #controller = new AbortController();
  readonly #clock: RunningClock;
  readonly #silence: DueTimer;
  readonly #unhook: Disposable;
  #limitMs = Infinity;
  #who = "";

  /** @param clock default: the system's */
  constructor(signal: AbortSignal, clock: Clock = systemClock) {
    this.#clock = new RunningClock(clock);
    this.#silence = new DueTimer(this.#clock, () => {
      const problem = `${this.#who} was silent for ${this.#limitMs / 1000} s`;
      this.#controller.abort(new ModelError("SOURCE_FAILED", problem));
    });
    this.#unhook = onAbort(signal, (reason) => this.#controller.abort(reason));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Bounds each silence from now on. `who` begins the error's sentence. */
  allow(limitMs: number, who: string): void {
    this.#limitMs = limitMs;
    this.#who = who;
    this.heard();
  }

  /** Notes that the peer has sent something, and starts the time anew. */
  heard(): void {
    if (this.#limitMs !== Infinity) this.#silence.set(this.#clock.nowMs() + this.#limitMs);
  }

  [Symbol.dispose](): void {
    this.#silence[Symbol.dispose]();
    this.#unhook[Symbol.dispose]();
    this.#controller.abort();
  }
}
