import type { Generation } from "../../scheduler/generation/generation.js";
import type { GenerationWatcher } from "../../core/generation-event.js";
import type { TurnRun } from "./turn/turn-run.js";
import type { GenerationCall } from "./generation-call.js";
import type { Claim } from "./keyed-generations.js";
import { notedRefusal } from "./noted-refusal.js";
import type { Opening } from "./opening.js";
import { OwnReading } from "./reading.js";

/** What a chunk takes beside text and token ids. */
const CHUNK_FRAME_BYTES = 1_024;

/** How a generation comes to be accepted, once it is open. */
export interface Acceptance {
  readonly accept: (generation: Generation, signal: AbortSignal) => Promise<Opening>;
  readonly turn?: (TurnRun & GenerationWatcher) | undefined;
}

/**
 * The generation that another call with the same idempotency key has begun; undefined: there is none, or the call has no key.
 * @throws GenerationError IDEMPOTENCY_KEY_REUSED, RESPONSE_TOO_LARGE, or the reason of the call's signal
 */
export function findClaim({ keyed, context, backend, request }: GenerationCall): Claim | undefined {
  const { idempotency } = request;
  if (idempotency === undefined) return undefined;
  const { signal } = context;
  signal.throwIfAborted();
  try {
    return keyed.find(keyOf(request), context, idempotency.bodyDigest);
  } catch (thrown) {
    throw notedRefusal(thrown, { scheduler: backend.scheduler, signal });
  }
}

/**
 * Begins the call's own generation, in the same tick as `findClaim` found none.
 * @throws GenerationError what the scheduler refuses it with
 */
export function beginClaim(call: GenerationCall, { accept, turn }: Acceptance): Claim {
  const { request, backend, limits, context, keyed } = call;
  const { requestId, lane, labels, idempotency } = request;
  const { scheduler } = backend;
  const { origin } = context;
  if (idempotency === undefined) {
    const { signal } = context;
    const generation = scheduler.open({ requestId, lane, labels, origin, signal, watcher: turn });
    const reading = new OwnReading(generation, turn);
    return { type: "reading", reading, opening: accept(generation, signal) };
  }
  const keepOutputBytes = Math.max(limits.messageBytes - CHUNK_FRAME_BYTES, 0);
  return keyed.begin(keyOf(request), context, {
    bodyDigest: idempotency.bodyDigest,
    open: (signal) => scheduler.open({ requestId, lane, labels, origin, signal, keepOutputBytes, watcher: turn }),
    accept,
    turn,
  });
}

/** A turn's key is one of its session: the same one elsewhere is another. */
function keyOf({ input, idempotency }: GenerationCall["request"]): string {
  const key = idempotency?.key ?? "";
  return input.type === "turn" ? `turn ${JSON.stringify([input.sessionId, key])}` : `call ${key}`;
}
