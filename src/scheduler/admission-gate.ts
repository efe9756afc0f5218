import { type ErrorCode, GenerationError, type GenerationErrorDetails } from "../core/generation-error.js";
import type { LifecycleState } from "./lifecycle-state.js";
import type { LoadCounters } from "./generation/load-counters.js";

export interface AdmissionGateOptions {
  readonly lifecycle: LifecycleState;
  readonly counters: LoadCounters;
  /** The pushback of a caller that is refused now. */
  readonly retryAfterMs: () => number;
}

/**
 * Decides whether calls are accepted at all, and makes or counts every refusal. Calls are still accepted while the lifecycle is draining, until the gate
 * is closed, because load balancers need time to learn of the drain.
 */
export class AdmissionGate {
  readonly #options: AdmissionGateOptions;
  #state: "open" | "closed" | "engine_lost" = "open";

  constructor(options: AdmissionGateOptions) {
    this.#options = options;
  }

  /** Closes the gate for good. */
  close(): void {
    if (this.#state === "open") this.#state = "closed";
  }

  loseEngine(): void {
    this.#state = "engine_lost";
  }

  /** @throws GenerationError STARTING, DRAINING or ENGINE_LOST, with retryAfterMs. */
  pass(): void {
    const { current } = this.#options.lifecycle;
    if (this.#state === "engine_lost" || current === "failed") {
      throw this.refusalForNow("ENGINE_LOST", "the engine is gone; the server starts again");
    }
    if (this.#state === "closed" || current === "stopped") {
      throw this.refusalForNow("DRAINING", "the server is about to stop and takes no more calls");
    }
    if (current === "starting") throw this.refusalForNow("STARTING", "the model is still being loaded");
  }

  /** Counts and returns the error of a refusal after which the caller may try again, here or on another server. */
  refusalForNow(code: ErrorCode, message: string, facts: Readonly<Record<string, string>> = {}): GenerationError {
    return this.refusal(code, message, { facts, retryAfterMs: this.#options.retryAfterMs() });
  }

  /** Counts and returns the error of a refusal. */
  refusal(code: ErrorCode, message: string, details: GenerationErrorDetails): GenerationError {
    return this.noted(new GenerationError(code, message, details));
  }

  /** Counts and returns the error of a refusal that was made elsewhere. */
  noted(error: GenerationError): GenerationError {
    this.#options.counters.refused(error.code);
    return error;
  }
}
