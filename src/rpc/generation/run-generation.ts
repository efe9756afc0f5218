import { createHash } from "node:crypto";
import type { Metadata } from "@grpc/grpc-js";
import type { Completed } from "../../../generated/rill/v1/generation_event.js";
import type { GenerateStreamResponse } from "../../../generated/rill/v1/generation_service.js";
import type { RunStopping } from "../../core/engine-wall.js";
import type { GenerationError } from "../../core/generation-error.js";
import type { GenerationEvent } from "../../core/generation-event.js";
import type { GenerationRequest, Sampling } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { ModelFacts } from "../../core/model-facts.js";
import { fitRun } from "../../prepare/fit-run.js";
import type { Generation } from "../../scheduler/generation.js";
import type { Clock } from "../../sync/clock.js";
import { GENERATION_ID_KEY } from "../call/served-call.js";
import { toTimingsMessage, toUsageMessage } from "../response/account-messages.js";
import { toChunkMessage } from "../response/chunk-message.js";
import { toEffectiveParametersMessage } from "../response/effective-parameters-message.js";
import { toQueuedMessage } from "../response/queued-message.js";
import { toFinishReasonMessage, toStopMatchMessage } from "../response/state-messages.js";
import type { Backend } from "../service/backend.js";
import { EventReader } from "./event-reader.js";
import { gatherPieces } from "./gather-pieces.js";
import { notingRefusals } from "./noting-refusals.js";

/** What happens in a generation, as the contract says it. */
export type GenerationMessage = NonNullable<GenerateStreamResponse["event"]>;

/** One call's generation and all it needs. */
export interface GenerationCall {
  readonly request: GenerationRequest;
  readonly backend: Backend;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly trailers: Metadata;
  /** Aborts the signal: a generation that fails must end its call even while a message waits for the reader. */
  readonly abort: (reason: GenerationError) => void;
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
  const { request, backend, clock, signal, trailers } = call;
  const { requestId, lane, labels, delivery, output } = request;
  using generation = backend.scheduler.open({ requestId, lane, labels, signal });
  generation.onFailed(call.abort);
  trailers.set(GENERATION_ID_KEY, generation.generationId);
  yield await accept(call, generation);

  const reader = new EventReader(generation, clock);
  const window = { pieces: call.limits.creditPieces, bytes: call.limits.creditBytes };
  const digest = createHash("sha256");
  let outputTokens = 0;
  for (;;) {
    const event =
      delivery.heartbeatIntervalMs > 0 ? await reader.nextWithin(delivery.heartbeatIntervalMs) : await reader.next();
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
        const gathering = { maxDelayMs: delivery.maxChunkDelayMs, window, clock };
        const pieces = await gatherPieces(event.pieces, reader, gathering);
        const elapsedMs = clock.nowMs() - generation.openedAtMs;
        const usage = generation.usage();
        const chunk = toChunkMessage({ pieces, tokensBefore: outputTokens, output, elapsedMs, usage });
        outputTokens = chunk.outputTokens;
        digest.update(chunk.text);
        generation.markFirstChunk();
        yield { $case: "chunk", value: chunk };
        generation.taken(pieces);
        break;
      }
      case "finished":
        yield { $case: "completed", value: toCompletedMessage(event, digest.digest()) };
        return;
    }
  }
}

/** Prepares the input, fits it and takes a slot or a place in line. Before this returns nothing was accepted. */
async function accept(call: GenerationCall, generation: Generation): Promise<GenerationMessage> {
  const { request, backend, limits, clock, signal } = call;
  const { contextTokens } = backend.engine;
  const startedMs = clock.nowMs();
  const { input, stopping: wanted } = request;
  const { defaultMaxOutputTokens } = limits;
  const fit = (inputTokens: number): RunStopping =>
    fitRun({ inputTokens, contextTokens, stopping: wanted, defaultMaxOutputTokens });
  const { inputTokens, stopping, sampling } = await notingRefusals(
    { scheduler: backend.scheduler, signal },
    async () => {
      // What comes as tokens is fitted before it is copied to the worker.
      if (input.type === "token_ids") fit(input.tokenIds.length);
      const tokens = await backend.preparer.prepare(input, { maxInputTokens: contextTokens - 1, signal });
      const logitBias = await backend.preparer.resolveBiases(request.sampling.logitBias, signal);
      return { inputTokens: tokens, stopping: fit(tokens.length), sampling: { ...request.sampling, logitBias } };
    },
  );
  const prepareMs = clock.nowMs() - startedMs;
  const { logprobs, tokenBytes } = request.output;
  generation.submit({ inputTokens, sampling, stopping, output: { logprobs, tokenBytes }, prepareMs });
  const { generationId } = generation;
  return toAcceptedMessage(call, { generationId, inputTokens: inputTokens.length, sampling, stopping });
}

function toAcceptedMessage(
  { request, backend, streams }: { request: GenerationRequest; backend: { model: ModelFacts }; streams: boolean },
  run: { generationId: string; inputTokens: number; sampling: Sampling; stopping: RunStopping },
): GenerationMessage {
  return {
    $case: "accepted",
    value: {
      generationId: run.generationId,
      inputTokens: run.inputTokens,
      effectiveParameters: toEffectiveParametersMessage(request, run, { streams }),
      modelDigest: backend.model.digest,
      seed: request.sampling.seed,
    },
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
  };
}
