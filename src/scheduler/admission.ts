import { type ErrorCode, GenerationError, type GenerationErrorDetails } from "../core/generation-error.js";
import type { Lane } from "../core/generation-request.js";
import type { Clock } from "../sync/clock.js";
import type { WaitRange } from "./forecast/run-work.js";
import type { LoadCounters } from "./generation/load-counters.js";
import type { LifecycleState } from "./lifecycle-state.js";

export interface AdmissionGateOptions {
  readonly lifecycle: LifecycleState;
  readonly counters: LoadCounters;
  /** The pushback of a caller that is refused now. */
  readonly retryAfterMs: () => number;
  /** Returns false while generations must not begin because their usage could not be recorded. */
  readonly mayRecord: () => boolean;
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

  /** @throws GenerationError STARTING, DRAINING, ENGINE_LOST or USAGE_LOG_UNAVAILABLE, with retryAfterMs. */
  pass(): void {
    const { current } = this.#options.lifecycle;
    if (this.#state === "engine_lost" || current === "failed") {
      throw this.refusalForNow("ENGINE_LOST", "the engine is gone; the server starts again");
    }
    if (this.#state === "closed" || current === "stopped") {
      throw this.refusalForNow("DRAINING", "the server is about to stop and takes no more calls");
    }
    if (current === "starting") throw this.refusalForNow("STARTING", "the model is still being loaded");
    if (!this.#options.mayRecord()) {
      throw this.refusalForNow("USAGE_LOG_UNAVAILABLE", "the server cannot record the usage of calls at present");
    }
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

/** One lane's queue as a new run finds it. */
export interface QueueFacts {
  readonly lane: Lane;
  readonly waiting: number;
  readonly capacity: number;
  /** The number of new runs of the newcomer's tenant in this queue, and the most that there may be. */
  readonly own: number;
  readonly ownCapacity: number;
}

/**
 * Returns how much of a queue's capacity one tenant may take while `active` tenants use the server, itself included. The queue always has room for one
 * more tenant. A caller without a tenant may take all.
 */
export function shareOf(capacity: number, { tenant, active }: { tenant: string; active: number }): number {
  return tenant === "" ? capacity : Math.max(1, Math.floor(capacity / (active + 1)));
}

export interface WaitBounds {
  readonly wait: WaitRange;
  /** The server's bound, for calls that give none. */
  readonly queueWaitMs: number;
  /** The caller's bound, which replaces the server's whether it is shorter or longer. */
  readonly maxWaitMs: number | undefined;
  /** Returns the pushback of a refused caller, from the time by which its wait would be too long. */
  readonly retryAfterMs: (excessMs: number) => number;
}

/** @throws GenerationError QUEUE_FULL if the queue holds as many runs as it may, in all or of the newcomer's tenant. */
export function checkCapacity(queue: QueueFacts, retryAfterMs: () => number): void {
  const { lane, waiting, capacity, own, ownCapacity } = queue;
  if (own >= ownCapacity && ownCapacity < capacity) {
    const message = `the tenant's share of the ${lane} queue is full: it holds ${own} of ${ownCapacity} calls`;
    const facts = { ...factsOf(queue), tenant_waiting: String(own), tenant_capacity: String(ownCapacity) };
    throw new GenerationError("QUEUE_FULL", message, { facts, retryAfterMs: retryAfterMs() });
  }
  if (waiting < capacity) return;
  throw new GenerationError("QUEUE_FULL", `the ${lane} queue is full: it holds ${waiting} of ${capacity} calls`, {
    facts: factsOf(queue),
    retryAfterMs: retryAfterMs(),
  });
}

/** @throws GenerationError QUEUE_FULL if even the lower estimate of the wait passes the bound, or if the caller would not wait at all. */
export function checkExpectedWait(queue: QueueFacts, bounds: WaitBounds): void {
  const { wait, queueWaitMs, maxWaitMs, retryAfterMs } = bounds;
  if (maxWaitMs === 0) {
    throw new GenerationError("QUEUE_FULL", "no slot is free, and the call would not wait", {
      facts: { ...factsOf(queue), max_wait_ms: "0" },
      retryAfterMs: retryAfterMs(0),
    });
  }
  const boundMs = maxWaitMs ?? queueWaitMs;
  if (wait.lowMs <= boundMs) return;
  const least = Math.ceil(wait.lowMs);
  const bound =
    maxWaitMs === undefined
      ? `a call without scheduling.max_wait waits ${boundMs} ms at most`
      : `its scheduling.max_wait is ${boundMs} ms`;
  throw new GenerationError("QUEUE_FULL", `the call would wait at least ${least} ms; ${bound}`, {
    facts: {
      ...factsOf(queue),
      estimated_wait_low_ms: String(least),
      [maxWaitMs === undefined ? "max_estimated_wait_ms" : "max_wait_ms"]: String(boundMs),
    },
    retryAfterMs: retryAfterMs(wait.lowMs - boundMs),
  });
}

export interface WaitLimit {
  /** undefined if the caller sets no limit. */
  readonly maxWaitMs: number | undefined;
  readonly clock: Clock;
  /** Called once if the entry is still held when the limit has passed. */
  readonly onPassed: () => void;
}

/** Limits how long a queue entry is held. Disposing the returned entry leaves the queue. */
export function limitWait(entry: Disposable, { maxWaitMs, clock, onPassed }: WaitLimit): Disposable {
  if (maxWaitMs === undefined) return entry;
  const timer = clock.startTimer(maxWaitMs, onPassed);
  return {
    [Symbol.dispose]: () => {
      timer[Symbol.dispose]();
      entry[Symbol.dispose]();
    },
  };
}

function factsOf({ lane, waiting, capacity }: QueueFacts): Record<string, string> {
  return { lane, waiting: String(waiting), capacity: String(capacity) };
}
