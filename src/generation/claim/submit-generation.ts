import type { RunStopping } from "../../core/engine-messages.js";
import type { AcceptedEvent } from "../../core/generation-message.js";
import type { GenerationInput, Sampling } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { PreparedInput } from "../../core/prepare-messages.js";
import type { Generation } from "../../scheduler/generation/generation.js";
import { fitRun } from "../call/fit-run.js";
import { notingRefusal } from "../call/refusals.js";
import type { Acceptance } from "./completed-result.js";
import type { GenerationCall } from "./generation-call.js";
import type { FirstReading } from "./reading.js";

/** An input that is ready to run. */
export interface SettledRun {
  readonly input: PreparedInput;
  readonly stopping: RunStopping;
  readonly sampling: Sampling;
  /** How long it took to get there. */
  readonly prepareMs: number;
}

/**
 * Prepares the input of a call that is no turn, fits it, and takes a slot or a place in the queue. Nothing is accepted before this resolves.
 * @throws GenerationError why it is refused
 */
export async function acceptGeneration(
  call: GenerationCall,
  input: GenerationInput,
  { generation, signal }: FirstReading,
): Promise<Acceptance> {
  const run = await notingRefusal(prepareRun(call, input, signal), { scheduler: call.backend.scheduler, signal });
  const accepted = submitRun(call, generation, run);
  return { type: "accepted", opening: { accepted, contextTrimmed: undefined } };
}

async function prepareRun(call: GenerationCall, input: GenerationInput, signal: AbortSignal): Promise<SettledRun> {
  const startedMs = call.clock.nowMs();
  const { scheduler, preparer, engine } = call.backend;
  const { lane, constraint, reasoning } = call.request;
  // A server that has more to do than it can take must not tokenise what it refuses.
  scheduler.checkRoom(lane);
  // Tokens that cannot fit are not copied to the worker.
  if (input.type === "token_ids") fitInput(call, input.tokenIds.length);
  const maxInputTokens = engine.contextTokens - 1;
  const options = { maxInputTokens, signal, constraint, reasoning: reasoning?.enabled };
  return await settleRun(call, { input: await preparer.prepare(input, options), startedMs, signal });
}

/** Fits a prepared input and finds the tokens of its biases. @throws GenerationError why it is refused */
export async function settleRun(
  call: GenerationCall,
  { input, startedMs, signal }: { input: PreparedInput; startedMs: number; signal: AbortSignal },
): Promise<SettledRun> {
  const { sampling } = call.request;
  const logitBias = await call.backend.preparer.resolveBiases(sampling.logitBias, signal);
  const stopping = fitInput(call, input.tokens.length);
  return { input, stopping, sampling: { ...sampling, logitBias }, prepareMs: call.clock.nowMs() - startedMs };
}

/** Takes a slot or a place in the queue. @throws GenerationError why it is refused */
export function submitRun(call: GenerationCall, generation: Generation, run: SettledRun): AcceptedEvent {
  const { request, backend, handle, limits } = call;
  const { stopping, sampling, prepareMs } = run;
  const { tokens: inputTokens, format, grammar } = run.input;
  const { lane, maxWaitMs } = request;
  const { logprobs, tokenBytes } = request.output;
  const { seed } = sampling;
  handle.releaseRequest();
  backend.scheduler.submit(generation, {
    spec: {
      inputTokens,
      sampling,
      stopping,
      output: { logprobs, tokenBytes },
      format: format && boundFormat(format, limits),
      grammar,
      reasoningBudgetTokens: request.reasoning?.tokenBudget,
      comesBack: request.input.type === "turn",
    },
    prepareMs,
    // A generation with an idempotency key outlives its call if a repeat, with a deadline of its own, takes it over.
    deadlineMs: request.idempotency === undefined ? handle.deadlineMs : undefined,
    maxWaitMs,
  });
  return {
    type: "accepted",
    generationId: generation.generationId,
    inputTokens: inputTokens.length,
    parameters: { sampling, stopping, lane, maxWaitMs, delivery: undefined },
    modelDigest: backend.model.digest,
    seed,
    turn: undefined,
  };
}

function fitInput({ request, backend, limits }: GenerationCall, inputTokens: number): RunStopping {
  const { contextTokens } = backend.engine;
  const { defaultMaxOutputTokens } = limits;
  return fitRun({ inputTokens, contextTokens, stopping: request.stopping, defaultMaxOutputTokens });
}

/** The worker knows how the model writes; the server decides how much of it is taken. */
function boundFormat(format: OutputFormat, { toolCalls, toolArgumentBytes }: Limits): OutputFormat {
  return { ...format, maxCalls: toolCalls, maxArgumentBytes: toolArgumentBytes };
}
