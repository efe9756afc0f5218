import type { Accepted } from "../../../generated/rill/v1/generation_event.js";
import type { RunStopping } from "../../core/engine-wall.js";
import type { GenerationRequest, Idempotency, Sampling } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { ModelFacts } from "../../core/model-facts.js";
import { fitRun } from "../../prepare/fit-run.js";
import type { Generation } from "../../scheduler/generation.js";
import type { Clock } from "../../sync/clock.js";
import type { CallContext } from "../call/call-context.js";
import type { Messages } from "../call/stream-method.js";
import { toDeliveryMessage, toEffectiveParametersMessage } from "../response/effective-parameters-message.js";
import type { Backend } from "../service/backend.js";
import type { Claim, KeyedGenerations } from "./keyed-generations.js";
import { notedRefusal } from "./noted-refusal.js";
import { OwnReading } from "./reading.js";
import { replayResult } from "./replay-result.js";
import { type GenerationMessage, runGeneration } from "./run-generation.js";

/** What a chunk takes beside text and token ids. */
const CHUNK_FRAME_BYTES = 1_024;

/** One call's generation and all it needs. */
export interface GenerationCall {
  readonly request: GenerationRequest;
  readonly backend: Backend;
  /** The generations that a repeat of their call may find. */
  readonly keyed: KeyedGenerations;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly context: CallContext;
  /** True for GenerateStream: its effective parameters include the delivery. */
  readonly streams: boolean;
}

/**
 * Opens a generation. Resolves once it is in line or running, with its messages, which are to be read at once: whoever leaves them frees everything.
 * @throws GenerationError why it was refused
 */
export async function openGeneration(call: GenerationCall): Promise<Messages<GenerationMessage>> {
  const { request, limits, clock, context, streams } = call;
  const claim = claimGeneration(call);
  if (claim.type === "stored") {
    context.nameGeneration(claim.result.accepted.generationId);
    return replayResult({ ...claim.result, accepted: forReader(claim.result.accepted, call) });
  }
  const { reading } = claim;
  const { generation } = reading;
  const { delivery, output } = request;
  const window = { pieces: limits.creditPieces, bytes: limits.creditBytes };
  try {
    // A generation that fails must end its call even while a message waits for the reader.
    generation.onFailed((reason) => context.abort(reason));
    context.nameGeneration(generation.generationId);
    const accepted = forReader(await claim.accepted, call);
    return runGeneration({ reading, delivery, output, window, clock, context, streams }, accepted);
  } catch (thrown) {
    reading[Symbol.dispose]();
    throw thrown;
  }
}

/** The generation that this call reads: its own, unless its idempotency key has one already. */
function claimGeneration(call: GenerationCall): Claim {
  const { request, backend, limits, context } = call;
  const { requestId, lane, labels, idempotency } = request;
  const { scheduler } = backend;
  if (idempotency === undefined) {
    const { signal } = context;
    const generation = scheduler.open({ requestId, lane, labels, signal });
    return { type: "reading", reading: new OwnReading(generation), accepted: accept(call, generation, signal) };
  }
  const keepOutputBytes = Math.max(limits.messageBytes - CHUNK_FRAME_BYTES, 0);
  const { key, bodyDigest } = idempotency;
  const found = findKeyed(call, idempotency);
  if (found !== undefined) return found;
  return call.keyed.begin(key, context, {
    bodyDigest,
    open: (signal) => scheduler.open({ requestId, lane, labels, signal, keepOutputBytes }),
    accept: (generation, signal) => accept(call, generation, signal),
  });
}

function findKeyed({ keyed, context, backend }: GenerationCall, { key, bodyDigest }: Idempotency): Claim | undefined {
  const { signal } = context;
  signal.throwIfAborted();
  try {
    return keyed.find(key, context, bodyDigest);
  } catch (thrown) {
    throw notedRefusal(thrown, { scheduler: backend.scheduler, signal });
  }
}

/** Prepares the input, fits it and takes a slot or a place in line. Before this returns nothing was accepted. */
async function accept(call: GenerationCall, generation: Generation, signal: AbortSignal): Promise<Accepted> {
  const { request, clock, context } = call;
  const startedMs = clock.nowMs();
  const { inputTokens, stopping, sampling } = await prepareRun(call, signal);
  const { deadlineMs } = context;
  const { maxWaitMs } = request;
  const { logprobs, tokenBytes } = request.output;
  generation.submit({
    inputTokens,
    sampling,
    stopping,
    output: { logprobs, tokenBytes },
    prepareMs: clock.nowMs() - startedMs,
    // What has an idempotency key outlives its call where a repeat, with a deadline of its own, takes it over.
    deadlineMs: request.idempotency === undefined ? deadlineMs : undefined,
    maxWaitMs,
  });
  const { generationId } = generation;
  return toAcceptedMessage(call, { generationId, inputTokens: inputTokens.length, sampling, stopping });
}

/** @throws GenerationError why it is refused, which is noted */
async function prepareRun(
  { request, backend, limits }: GenerationCall,
  signal: AbortSignal,
): Promise<{ inputTokens: Uint32Array; stopping: RunStopping; sampling: Sampling }> {
  const { scheduler, preparer } = backend;
  const { contextTokens } = backend.engine;
  const { input, lane, stopping } = request;
  const { defaultMaxOutputTokens } = limits;
  const fit = (inputTokens: number): RunStopping =>
    fitRun({ inputTokens, contextTokens, stopping, defaultMaxOutputTokens });
  try {
    // A server that has more to do than it can take must not tokenise what it refuses.
    scheduler.checkRoom(lane);
    // What comes as tokens is fitted before it is copied to the worker.
    if (input.type === "token_ids") fit(input.tokenIds.length);
    const inputTokens = await preparer.prepare(input, { maxInputTokens: contextTokens - 1, signal });
    const logitBias = await preparer.resolveBiases(request.sampling.logitBias, signal);
    return { inputTokens, stopping: fit(inputTokens.length), sampling: { ...request.sampling, logitBias } };
  } catch (thrown) {
    throw notedRefusal(thrown, { scheduler, signal });
  }
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
