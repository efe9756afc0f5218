import { type Clock, systemClock } from "../../sync/clock.js";
import { DueTimer } from "../../sync/due-timer.js";
import { onAbort } from "../../sync/abort.js";
import { RunningClock } from "../../sync/running-clock.js";
import { ModelError } from "../files/model-error.js";

/**
 * A signal that aborts when the caller's does, or when the other side has been silent for too long. A process that was stopped, or a machine that slept,
 * has heard nobody meanwhile: that time does not count. One for each connection; disposing it aborts what still hangs on the signal and unhooks it from
 * the caller's.
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

  /** From now on no silence may last longer than this; `who` begins the error's sentence. */
  allow(limitMs: number, who: string): void {
    this.#limitMs = limitMs;
    this.#who = who;
    this.heard();
  }

  /** The other side was heard: the time starts anew. */
  heard(): void {
    if (this.#limitMs !== Infinity) this.#silence.set(this.#clock.nowMs() + this.#limitMs);
  }

  [Symbol.dispose](): void {
    this.#silence[Symbol.dispose]();
    this.#unhook[Symbol.dispose]();
    this.#controller.abort();
  }
}
