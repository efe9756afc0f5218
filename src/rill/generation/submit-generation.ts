import type { Accepted } from "../../../generated/rill/v1/generation_event.js";
import type { RunStopping } from "../../core/engine-messages.js";
import type { GenerationRequest, Sampling } from "../../core/generation-request.js";
import type { ModelFacts } from "../../core/model-facts.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { Limits } from "../../core/limits.js";
import { fitRun } from "../../generation/fit-run.js";
import type { PreparedInput } from "../../prepare/prepared-input.js";
import type { Generation } from "../../scheduler/generation/generation.js";
import { toEffectiveParametersMessage } from "../response/effective-parameters-message.js";
import type { GenerationCall } from "./generation-call.js";
import { notedRefusal } from "./noted-refusal.js";

/** An opened generation that is to be accepted. */
export interface Submission {
  readonly generation: Generation;
  /** The generation's. */
  readonly signal: AbortSignal;
  /** Makes tokens of the input. `fit` throws where so many, beside the output that was asked for, are more than the context holds. */
  readonly readInput: (fit: (inputTokens: number) => void) => Promise<PreparedInput>;
}

/**
 * Prepares the input, fits it and takes a slot or a place in line. Before this resolves nothing was accepted.
 * @throws GenerationError why it is refused
 */
export async function submitGeneration(call: GenerationCall, submission: Submission): Promise<Accepted> {
  const { request, clock, context } = call;
  const { generation } = submission;
  const startedMs = clock.nowMs();
  const { input, stopping, sampling } = await prepareRun(call, submission);
  const { tokens: inputTokens, format, grammar } = input;
  context.releaseRequest();
  const { deadlineMs } = context;
  const { maxWaitMs } = request;
  const { logprobs, tokenBytes } = request.output;
  call.backend.scheduler.submit(generation, {
    spec: {
      inputTokens,
      sampling,
      stopping,
      output: { logprobs, tokenBytes },
      format: format && boundFormat(format, call.limits),
      grammar,
      reasoningBudgetTokens: request.reasoning?.tokenBudget,
      comesBack: request.input.type === "turn",
    },
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
): Promise<{ input: PreparedInput; stopping: RunStopping; sampling: Sampling }> {
  const { scheduler, preparer } = backend;
  const { contextTokens } = backend.engine;
  const { lane, stopping } = request;
  const { defaultMaxOutputTokens } = limits;
  const fit = (inputTokens: number): RunStopping =>
    fitRun({ inputTokens, contextTokens, stopping, defaultMaxOutputTokens });
  try {
    // A server that has more to do than it can take must not tokenise what it refuses.
    scheduler.checkRoom(lane);
    const input = await readInput(fit);
    const logitBias = await preparer.resolveBiases(request.sampling.logitBias, signal);
    return { input, stopping: fit(input.tokens.length), sampling: { ...request.sampling, logitBias } };
  } catch (thrown) {
    throw notedRefusal(thrown, { scheduler, signal });
  }
}

/** The worker knows how the model writes; how much of it is taken is the server's to say. */
function boundFormat(format: OutputFormat, { toolCalls, toolArgumentBytes }: Limits): OutputFormat {
  return { ...format, maxCalls: toolCalls, maxArgumentBytes: toolArgumentBytes };
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
