import { counted } from "../../core/counted.js";
import type { RunStopping } from "../../core/engine-messages.js";
import { GenerationError } from "../../core/generation-error.js";
import type { AcceptedEvent } from "../../core/generation-message.js";
import type { GenerationInput, Sampling, Stopping } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { PreparedInput } from "../../core/prepare-messages.js";
import type { Generation } from "../../scheduler/generation/generation.js";
import { cacheScopeOf } from "../call/cache-scope.js";
import { notingRefusal } from "../call/refusals.js";
import { namingTools } from "../call/tool-share.js";
import type { GenerationCall } from "./generation-call.js";
import type { Acceptance, FirstReading } from "./reading.js";

/** An input that is ready to run. */
export interface SettledRun {
  readonly input: PreparedInput;
  readonly stopping: RunStopping;
  readonly sampling: Sampling;
  /** How long it took to get there. */
  readonly prepareMs: number;
}

/** The counts that decide whether a run fits. */
interface RunFit {
  readonly inputTokens: number;
  /** The most tokens of input and output together. */
  readonly contextTokens: number;
  readonly stopping: Stopping;
  /** The most output tokens if the caller gave no maximum. */
  readonly defaultMaxOutputTokens: number;
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
  const { backend } = call;
  const prepared = namingTools(prepareRun(call, input, signal), { input, backend, signal });
  const run = await notingRefusal(prepared, { scheduler: backend.scheduler, signal });
  const accepted = submitRun(call, generation, run);
  return { type: "accepted", opening: { accepted, contextTrimmed: undefined } };
}

async function prepareRun(call: GenerationCall, input: GenerationInput, signal: AbortSignal): Promise<SettledRun> {
  const startedMs = call.clock.nowMs();
  const { scheduler, preparer, engine } = call.backend;
  const { lane, constraint, strictSchema, reasoning } = call.request;
  // A server that has more to do than it can take must not tokenise what it refuses.
  scheduler.checkRoom({ lane, tenant: call.handle.caller.tenant });
  // Tokens that cannot fit are not copied to the worker.
  if (input.type === "token_ids") fitInput(call, input.tokenIds.length);
  const maxInputTokens = engine.contextTokens - 1;
  const { tenant } = call.handle.caller;
  const options = { tenant, maxInputTokens, signal, constraint, strictSchema, reasoning: reasoning?.enabled };
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
  const { request, backend, handle, limits, sharedPrefixes } = call;
  const { caller } = handle;
  const { stopping, sampling, prepareMs } = run;
  const { tokens: inputTokens, format, grammar, notHeld } = run.input;
  const { lane, priority = 0, maxWaitMs } = request;
  const { logprobs, tokenBytes } = request.output;
  const { seed } = sampling;
  handle.releaseRequest();
  backend.scheduler.submit(generation, {
    spec: {
      tenant: caller.tenant,
      cacheScope: cacheScopeOf(request, { caller, sharedPrefixes }),
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
    parameters: { sampling, stopping, lane, priority, maxWaitMs, delivery: undefined },
    modelDigest: backend.model.digest,
    seed,
    turn: undefined,
    ...(notHeld !== undefined && notHeld.length > 0 && { notHeld }),
  };
}

/** The worker knows how the model writes; the server decides how much of it is taken. */
function boundFormat(format: OutputFormat, { toolCalls, toolArgumentBytes }: Limits): OutputFormat {
  return { ...format, maxCalls: toolCalls, maxArgumentBytes: toolArgumentBytes };
}

function fitInput({ request, backend, limits }: GenerationCall, inputTokens: number): RunStopping {
  const { contextTokens } = backend.engine;
  const { defaultMaxOutputTokens } = limits;
  return fitRun({ inputTokens, contextTokens, stopping: request.stopping, defaultMaxOutputTokens });
}

/**
 * Settles how many tokens a run may put out. Pure; called on the main thread before the generation waits.
 * - A maximum that the caller gave stands, and must fit beside the input.
 * - Without one, the maximum is the default or the room that the input leaves, whichever is smaller. To reach the room means that the context is full.
 * @throws GenerationError INPUT_TOO_LONG with the counts, also if not one output token fits
 */
export function fitRun(fit: RunFit): RunStopping {
  const { inputTokens, contextTokens, stopping } = fit;
  const given = stopping.maxOutputTokens;
  const available = contextTokens - inputTokens;
  const wanted = given ?? 1;
  if (wanted > available) throw tooLong(fit, wanted);
  return {
    maxOutputTokens: given ?? Math.min(fit.defaultMaxOutputTokens, available),
    clampedByContext: given === undefined && available < fit.defaultMaxOutputTokens,
    stopSequences: stopping.stopSequences,
    stopTokenIds: stopping.stopTokenIds,
    ignoreEndOfGeneration: stopping.ignoreEndOfGeneration,
    repetitionGuard: stopping.repetitionGuard,
    timeLimitMs: stopping.timeLimitMs,
  };
}

function tooLong({ inputTokens, contextTokens, stopping }: RunFit, wanted: number): GenerationError {
  const available = Math.max(0, contextTokens - inputTokens);
  const description = `the input has ${counted(inputTokens, "token")} and the context holds ${contextTokens}, which leaves ${available} for the output`;
  const violations =
    stopping.maxOutputTokens === undefined
      ? []
      : [{ field: "stopping.max_output_tokens", description: `${wanted} is too many: ${description}` }];
  return new GenerationError("INPUT_TOO_LONG", description, {
    violations,
    facts: {
      input_tokens: String(inputTokens),
      context_tokens: String(contextTokens),
      available_output_tokens: String(available),
    },
  });
}
