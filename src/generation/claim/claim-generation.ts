import { GenerationError } from "../../core/generation-error.js";
import type { GenerationWatcher } from "../../core/generation-message.js";
import { creditWindow } from "../../core/piece.js";
import { untilAborted } from "../../sync/abort.js";
import { notedRefusal } from "../call/refusals.js";
import type { GenerationCall } from "./generation-call.js";
import type { Claim } from "./keyed-generations.js";
import {
  type FirstReading,
  type GenerationMessages,
  type GenerationOpening,
  OwnReading,
  replayResult,
  type StoredTurn,
} from "./reading.js";
import { runGeneration } from "./run-generation.js";

/** A chunk takes this beside text and token ids. */
const CHUNK_FRAME_BYTES = 1_024;

/**
 * Finds the generation that another call with the same idempotency key has begun, and takes it over. undefined: there is none, or the call has no key.
 * @throws GenerationError IDEMPOTENCY_KEY_REUSED, RESPONSE_TOO_LARGE, or the reason of the call's signal
 */
export function findClaim(call: GenerationCall): Claim | undefined {
  const { keyed, handle, backend, request } = call;
  const { idempotency } = request;
  if (idempotency === undefined) return undefined;
  const { signal } = handle;
  signal.throwIfAborted();
  try {
    return keyed.find(keyOf(call), handle, idempotency);
  } catch (thrown) {
    throw notedRefusal(thrown, { scheduler: backend.scheduler, signal });
  }
}

/**
 * Begins the call's own generation, in the same tick in which `findClaim` found none.
 * @param turn watches the generation that is a turn of a session
 * @throws GenerationError what the scheduler refuses it with
 */
export function beginClaim(call: GenerationCall, turn?: StoredTurn & GenerationWatcher): FirstReading {
  const { request, backend, limits, handle, keyed } = call;
  const { requestId, lane, priority = 0, labels, idempotency } = request;
  const { caller, origin, signal } = handle;
  const opened = {
    tenant: caller.tenant,
    subject: caller.subject,
    requestId,
    lane,
    priority,
    labels,
    origin,
    watcher: turn,
  };
  if (idempotency === undefined) {
    return new OwnReading(backend.scheduler.open({ ...opened, signal }), { turn, signal });
  }
  const keepOutputBytes = Math.max(limits.messageBytes - CHUNK_FRAME_BYTES, 0);
  const life = new AbortController();
  const generation = backend.scheduler.open({ ...opened, signal: life.signal, keepOutputBytes });
  return keyed.begin(keyOf(call), handle, { bodyDigest: idempotency.bodyDigest, generation, life, turn });
}

/**
 * Makes the call the reader of what it has claimed. Resolves once that is in the queue or running, or with undefined where the turn was overtaken.
 * @throws GenerationError why it was refused, and whatever else made its acceptance fail
 */
export async function readClaim(call: GenerationCall, claim: Claim): Promise<GenerationMessages | undefined> {
  const { request, limits, clock, handle, streams } = call;
  const { signal } = handle;
  if (claim.type === "stored") {
    handle.nameGeneration(claim.result.accepted.generationId);
    return replayResult(forReader(claim.result, call));
  }
  const { reading, acceptance } = claim;
  const { generation } = reading;
  const { delivery, output } = request;
  const window = creditWindow(limits);
  try {
    // A generation that fails must end its call even while a message waits for the reader.
    generation.onFailed((reason) => handle.abort(reason));
    handle.nameGeneration(generation.generationId);
    const accepted = await untilAborted(acceptance, signal);
    if (accepted.type === "overtaken") {
      reading.leave(overtaken());
      return undefined;
    }
    handle.accepted();
    return runGeneration(
      { reading, delivery, output, window, clock, signal, streams },
      forReader(accepted.opening, call),
    );
  } catch (thrown) {
    reading.leave(GenerationError.from(thrown));
    throw thrown;
  }
}

/** The opening as this call's reader gets it: with its own delivery. */
function forReader<Opening extends GenerationOpening>(opening: Opening, call: GenerationCall): Opening {
  if (!call.streams) return opening;
  const { accepted } = opening;
  const parameters = { ...accepted.parameters, delivery: call.request.delivery };
  return { ...opening, accepted: { ...accepted, parameters } };
}

/** The ledger's reason for a generation that was begun for a turn which another call got in front of. No call ends with it. */
function overtaken(): GenerationError {
  const text = "the session changed while the turn was being opened; another generation makes its answer";
  return new GenerationError("REVISION_MISMATCH", text);
}

/** A key is one of its tenant, and a turn's key one of its session: the same key elsewhere is another. */
function keyOf({ request, handle }: GenerationCall): string {
  const { input, idempotency } = request;
  const session = input.type === "turn" ? [input.sessionId] : [];
  return JSON.stringify([handle.caller.tenant, ...session, idempotency?.key ?? ""]);
}
