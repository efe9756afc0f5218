import type { Accepted } from "../../../generated/rill/v1/generation_event.js";
import type { RunStopping } from "../../core/engine-wall.js";
import type { GenerationRequest, Sampling } from "../../core/generation-request.js";
import type { ModelFacts } from "../../core/model-facts.js";
import { fitRun } from "../../prepare/fit-run.js";
import type { Generation } from "../../scheduler/generation.js";
import { toEffectiveParametersMessage } from "../response/effective-parameters-message.js";
import type { GenerationCall } from "./generation-call.js";
import { notedRefusal } from "./noted-refusal.js";

/** An opened generation that is to be accepted. */
export interface Submission {
  readonly generation: Generation;
  /** The generation's. */
  readonly signal: AbortSignal;
  /** Makes tokens of the input. `fit` throws where so many, beside the output that was asked for, are more than the context holds. */
  readonly readInput: (fit: (inputTokens: number) => void) => Promise<Uint32Array>;
}

/**
 * Prepares the input, fits it and takes a slot or a place in line. Before this resolves nothing was accepted.
 * @throws GenerationError why it is refused
 */
export async function submitGeneration(call: GenerationCall, submission: Submission): Promise<Accepted> {
  const { request, clock, context } = call;
  const { generation } = submission;
  const startedMs = clock.nowMs();
  const { inputTokens, stopping, sampling } = await prepareRun(call, submission);
  const { deadlineMs } = context;
  const { maxWaitMs } = request;
  const { logprobs, tokenBytes } = request.output;
  generation.submit({
    inputTokens,
    sampling,
    stopping,
    output: { logprobs, tokenBytes },
    comesBack: request.input.type === "turn",
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
  { signal, readInput }: Submission,
): Promise<{ inputTokens: Uint32Array; stopping: RunStopping; sampling: Sampling }> {
  const { scheduler, preparer } = backend;
  const { contextTokens } = backend.engine;
  const { lane, stopping } = request;
  const { defaultMaxOutputTokens } = limits;
  const fit = (inputTokens: number): RunStopping =>
    fitRun({ inputTokens, contextTokens, stopping, defaultMaxOutputTokens });
  try {
    // A server that has more to do than it can take must not tokenise what it refuses.
    scheduler.checkRoom(lane);
    const inputTokens = await readInput(fit);
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
