import { createHash } from "node:crypto";
import type { Metadata } from "@grpc/grpc-js";
import type { Accepted, Chunk, Completed } from "../../../generated/rill/v1/generation_event.js";
import type { GenerateStreamResponse } from "../../../generated/rill/v1/generation_service.js";
import type { RunStopping } from "../../core/engine-wall.js";
import { GenerationError } from "../../core/generation-error.js";
import type { GenerationEvent } from "../../core/generation-event.js";
import type { Delivery, GenerationRequest, Idempotency, Sampling } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { ModelFacts } from "../../core/model-facts.js";
import type { Piece } from "../../core/piece.js";
import { fitRun } from "../../prepare/fit-run.js";
import type { Generation } from "../../scheduler/generation.js";
import type { Clock } from "../../sync/clock.js";
import { GENERATION_ID_KEY } from "../call/served-call.js";
import { toTimingsMessage, toUsageMessage } from "../response/account-messages.js";
import { toChunkMessage } from "../response/chunk-message.js";
import { toDeliveryMessage, toEffectiveParametersMessage } from "../response/effective-parameters-message.js";
import { toQueuedMessage } from "../response/queued-message.js";
import { toFinishReasonMessage, toStopMatchMessage } from "../response/state-messages.js";
import type { Backend } from "../service/backend.js";
import { EventReader } from "./event-reader.js";
import { gatherPieces } from "./gather-pieces.js";
import type { Claim, KeyedGenerations } from "./keyed-generations.js";
import { notingRefusals } from "./noting-refusals.js";
import type { Reading } from "./reading.js";
import { replayResult } from "./replay-result.js";

/** What a chunk takes beside text and token ids. */
const CHUNK_FRAME_BYTES = 1_024;

/** What happens in a generation, as the contract says it. */
export type GenerationMessage = NonNullable<GenerateStreamResponse["event"]>;

/** One call's generation and all it needs. */
export interface GenerationCall {
  readonly request: GenerationRequest;
  readonly backend: Backend;
  /** The generations that a repeat of their call may find. */
  readonly keyed: KeyedGenerations;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** When the call's deadline passes, by the clock; undefined: it has none. */
  readonly deadlineMs: number | undefined;
  readonly trailers: Metadata;
  /** Aborts the signal: a generation that fails must end its call even while a message waits for the reader. */
  readonly abort: (reason: GenerationError) => void;
  /** Calls `listener` if the next message is taken only after the call was aborted. */
  readonly onTakenLate: (listener: () => void) => void;
  /** True for GenerateStream: its effective parameters include the delivery. */
  readonly streams: boolean;
}

/**
 * One generation from its opening to its end: the path that Generate and GenerateStream share. Yields `accepted` first, once it is in line or
 * running, and `completed` last; each message is formed when it is asked for, of all that waits by then. Asking for the next one says that
 * the one before was taken: only then does its credit go back. Leaving early frees everything.
 * @throws GenerationError why it was refused, or why it ended otherwise
 */
export async function* runGeneration(call: GenerationCall): AsyncGenerator<GenerationMessage, void, void> {
  const { request, clock, trailers } = call;
  const { delivery, output } = request;
  const claim = claimGeneration(call);
  if (claim.type === "stored") {
    trailers.set(GENERATION_ID_KEY, claim.result.accepted.generationId);
    yield* replayResult({ ...claim.result, accepted: forReader(claim.result.accepted, call) });
    return;
  }
  using reading = claim.reading;
  const { generation } = reading;
  generation.onFailed(call.abort);
  trailers.set(GENERATION_ID_KEY, generation.generationId);
  const accepted = await reading.accepted();
  yield { $case: "accepted", value: forReader(accepted, call) };

  const reader = new EventReader(generation, clock);
  const window = { pieces: call.limits.creditPieces, bytes: call.limits.creditBytes };
  const digest = createHash("sha256");
  let outputTokens = 0;
  const toChunk = (pieces: readonly Piece[]): Chunk =>
    toChunkMessage({
      pieces,
      tokensBefore: outputTokens,
      output,
      elapsedMs: clock.nowMs() - generation.openedAtMs,
      usage: generation.usage(),
    });
  for (;;) {
    const event = reader.tryNext() ?? (await nextEvent(reader, delivery));
    switch (event?.type) {
      case undefined:
        yield { $case: "heartbeat", value: { parked: generation.parked } };
        break;
      case "queued":
        yield { $case: "queued", value: toQueuedMessage(event.place) };
        break;
      case "prefill":
        yield { $case: "prefill", value: event.progress };
        break;
      case "pieces": {
        const { maxChunkDelayMs: maxDelayMs } = delivery;
        const pieces =
          maxDelayMs > 0 ? await gatherPieces(event.pieces, reader, { maxDelayMs, window, clock }) : event.pieces;
        const chunk = toChunk(pieces);
        outputTokens = chunk.outputTokens;
        digest.update(chunk.text);
        generation.markFirstChunk();
        call.onTakenLate(() => generation.taken(pieces));
        yield { $case: "chunk", value: chunk };
        if (call.streams) generation.taken(pieces);
        else generation.folded(pieces);
        break;
      }
      case "finished": {
        const completed = toCompletedMessage(event, digest.digest());
        outputTokens = 0;
        reading.finished({ accepted, completed }, toChunk);
        yield { $case: "completed", value: completed };
        return;
      }
    }
  }
}

/** undefined: it is time for a heartbeat. */
function nextEvent(reader: EventReader, { heartbeatIntervalMs }: Delivery): Promise<GenerationEvent | undefined> {
  return heartbeatIntervalMs > 0 ? reader.nextWithin(heartbeatIntervalMs) : reader.next();
}

/** The generation that this call reads: its own, unless its idempotency key has one already. */
function claimGeneration(call: GenerationCall): Claim {
  const { request, backend, limits } = call;
  const { requestId, lane, labels, idempotency } = request;
  const { scheduler } = backend;
  if (idempotency === undefined) {
    const generation = scheduler.open({ requestId, lane, labels, signal: call.signal });
    return { type: "reading", reading: ownReading(generation, () => accept(call, generation)) };
  }
  const keepOutputBytes = Math.max(limits.messageBytes - CHUNK_FRAME_BYTES, 0);
  const { key, bodyDigest } = idempotency;
  const found = findKeyed(call, idempotency);
  if (found !== undefined) return found;
  return call.keyed.begin(key, call, {
    bodyDigest,
    open: (signal) => scheduler.open({ requestId, lane, labels, signal, keepOutputBytes }),
    accept: (generation, signal) => accept({ ...call, signal }, generation),
  });
}

function findKeyed(call: GenerationCall, { key, bodyDigest }: Idempotency): Claim | undefined {
  call.signal.throwIfAborted();
  try {
    return call.keyed.find(key, call, bodyDigest);
  } catch (thrown) {
    const error = GenerationError.from(thrown);
    call.backend.scheduler.noteRefusal(error);
    throw error;
  }
}

/** Of a generation that no other call can read. */
function ownReading(generation: Generation, accepted: () => Promise<Accepted>): Reading {
  return { generation, accepted, finished: () => undefined, [Symbol.dispose]: () => generation[Symbol.dispose]() };
}

/** Prepares the input, fits it and takes a slot or a place in line. Before this returns nothing was accepted. */
async function accept(call: GenerationCall, generation: Generation): Promise<Accepted> {
  const { request, backend, limits, clock, signal, deadlineMs } = call;
  const { contextTokens } = backend.engine;
  const startedMs = clock.nowMs();
  const { input, stopping: wanted, maxWaitMs } = request;
  const { defaultMaxOutputTokens } = limits;
  const fit = (inputTokens: number): RunStopping =>
    fitRun({ inputTokens, contextTokens, stopping: wanted, defaultMaxOutputTokens });
  const { inputTokens, stopping, sampling } = await notingRefusals(
    { scheduler: backend.scheduler, signal },
    async () => {
      // A server that has more to do than it can take must not tokenise what it refuses.
      backend.scheduler.checkRoom(request.lane);
      // What comes as tokens is fitted before it is copied to the worker.
      if (input.type === "token_ids") fit(input.tokenIds.length);
      const tokens = await backend.preparer.prepare(input, { maxInputTokens: contextTokens - 1, signal });
      const logitBias = await backend.preparer.resolveBiases(request.sampling.logitBias, signal);
      return { inputTokens: tokens, stopping: fit(tokens.length), sampling: { ...request.sampling, logitBias } };
    },
  );
  const prepareMs = clock.nowMs() - startedMs;
  const { logprobs, tokenBytes } = request.output;
  generation.submit({
    inputTokens,
    sampling,
    stopping,
    output: { logprobs, tokenBytes },
    prepareMs,
    // What has an idempotency key outlives its call where a repeat, with a deadline of its own, takes it over.
    deadlineMs: request.idempotency === undefined ? deadlineMs : undefined,
    maxWaitMs,
  });
  const { generationId } = generation;
  return toAcceptedMessage(call, { generationId, inputTokens: inputTokens.length, sampling, stopping });
}

/** What is true of a generation for all its readers. */
function toAcceptedMessage(
  { request, backend }: { request: GenerationRequest; backend: { model: ModelFacts } },
  run: { generationId: string; inputTokens: number; sampling: Sampling; stopping: RunStopping },
): Accepted {
  return {
    generationId: run.generationId,
    inputTokens: run.inputTokens,
    effectiveParameters: toEffectiveParametersMessage(request, run),
    modelDigest: backend.model.digest,
    seed: request.sampling.seed,
  };
}

/** With the delivery, which is the reader's own. */
function forReader(accepted: Accepted, { request, streams }: GenerationCall): Accepted {
  const { effectiveParameters } = accepted;
  if (!streams || effectiveParameters === undefined) return accepted;
  return {
    ...accepted,
    effectiveParameters: { ...effectiveParameters, delivery: toDeliveryMessage(request.delivery) },
  };
}

function toCompletedMessage(event: GenerationEvent & { type: "finished" }, textSha256: Buffer): Completed {
  return {
    finishReason: toFinishReasonMessage(event.reason),
    stopMatch: toStopMatchMessage(event.stopMatch),
    incompleteText: event.incompleteText,
    textSha256,
    usage: toUsageMessage(event.usage),
    timings: toTimingsMessage(event.timings),
    restarts: event.restarts,
  };
}
