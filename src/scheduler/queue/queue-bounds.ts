import { GenerationError } from "../../core/generation-error.js";
import type { Lane } from "../../core/generation-request.js";
import type { WaitRange } from "../forecast/run-forecast.js";

/** One lane's line as a newcomer finds it. */
export interface LineFacts {
  readonly lane: Lane;
  readonly waiting: number;
  readonly capacity: number;
}

export interface WaitBounds {
  readonly wait: WaitRange;
  /** The server's bound, for calls that give none. */
  readonly queueWaitMs: number;
  /** The caller's, which stands in the place of the server's whether it is shorter or longer. */
  readonly maxWaitMs: number | undefined;
  /** What a refused caller is told, by how much its wait would be too long. */
  readonly retryAfterMs: (excessMs: number) => number;
}

/** @throws GenerationError QUEUE_FULL when no place is left. */
export function holdToCapacity(line: LineFacts, retryAfterMs: () => number): void {
  const { lane, waiting, capacity } = line;
  if (waiting < capacity) return;
  throw new GenerationError("QUEUE_FULL", `the ${lane} line is full: ${waiting} of ${capacity} places are taken`, {
    facts: factsOf(line),
    retryAfterMs: retryAfterMs(),
  });
}

/** @throws GenerationError QUEUE_FULL when even the lower estimate passes the bound; at once where the caller would not wait at all. */
export function holdToWait(line: LineFacts, bounds: WaitBounds): void {
  const { wait, queueWaitMs, maxWaitMs, retryAfterMs } = bounds;
  if (maxWaitMs === 0) {
    throw new GenerationError("QUEUE_FULL", "no slot is free, and the call would not wait", {
      facts: { ...factsOf(line), max_wait_ms: "0" },
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
      ...factsOf(line),
      estimated_wait_low_ms: String(least),
      [maxWaitMs === undefined ? "max_estimated_wait_ms" : "max_wait_ms"]: String(boundMs),
    },
    retryAfterMs: retryAfterMs(wait.lowMs - boundMs),
  });
}

function factsOf({ lane, waiting, capacity }: LineFacts): Record<string, string> {
  return { lane, waiting: String(waiting), capacity: String(capacity) };
}
