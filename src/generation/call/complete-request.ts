import { randomInt } from "node:crypto";
import type {
  Delivery,
  Dry,
  GenerationRequest,
  Lane,
  OutputOptions,
  RepetitionGuard,
  RequestedSampling,
  RequestedStopping,
  Stopping,
  UnresolvedSampling,
} from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { Backend } from "./backend.js";
import { digestRequest, type Idempotency } from "./request-digest.js";

const DEFAULT_TOP_K = 40;
const DEFAULT_PENALTY_WINDOW = 64;
const SEQUENCE_BREAKERS = Object.freeze(["\n", ":", '"', "*"]);
const SEEDS = 2 ** 32;

/** One answer has no stream that could be paced. */
const WITHOUT_STREAM: Delivery = Object.freeze({
  heartbeatIntervalMs: 0,
  slowReaderLimitMs: undefined,
  maxChunkDelayMs: 0,
});

/** A request with every default filled in. */
export interface CompleteRequest extends Omit<
  GenerationRequest,
  "idempotency" | "sampling" | "stopping" | "output" | "lane" | "delivery"
> {
  readonly idempotency: Idempotency | undefined;
  readonly sampling: UnresolvedSampling;
  readonly stopping: Stopping;
  readonly output: OutputOptions;
  readonly lane: Lane;
  readonly delivery: Delivery;
}

/** The server as far as defaults depend on it. */
export interface DefaultsSource {
  readonly backend: Pick<Backend, "model" | "engine">;
  readonly limits: Limits;
  readonly streams: boolean;
}

/** Fills in the defaults. The digest is made of the request as it was given, so that other defaults leave it as it is. */
export function completeRequest(request: GenerationRequest, source: DefaultsSource): CompleteRequest {
  const { idempotency, sampling, stopping, output, lane, delivery } = request;
  const { limits, streams } = source;
  return {
    ...request,
    idempotency: idempotency && {
      key: idempotency.key,
      bodyDigest: digestRequest(request),
      legacyDigest: idempotency.legacyDigest,
    },
    sampling: completeSampling(sampling, source),
    stopping: completeStopping(stopping, limits),
    output: {
      tokenIds: output.tokenIds ?? false,
      timings: output.timings ?? false,
      usageOnEveryChunk: output.usageOnEveryChunk ?? false,
      logprobs: output.logprobs,
      tokenBytes: output.tokenBytes ?? false,
    },
    lane: lane ?? (streams ? "interactive" : "batch"),
    delivery: streams
      ? {
          heartbeatIntervalMs: delivery.heartbeatIntervalMs ?? limits.defaultHeartbeatMs,
          slowReaderLimitMs: delivery.slowReaderLimitMs,
          maxChunkDelayMs: delivery.maxChunkDelayMs ?? 0,
        }
      : WITHOUT_STREAM,
  };
}

function completeSampling(given: RequestedSampling, { backend }: DefaultsSource): UnresolvedSampling {
  const { vocabularySize } = backend.model;
  const { contextTokens } = backend.engine;
  const { dry, xtc } = given;
  return {
    temperature: given.temperature ?? 0.8,
    topK: given.topK ?? Math.min(DEFAULT_TOP_K, vocabularySize),
    topP: given.topP ?? 0.95,
    minP: given.minP ?? 0.05,
    repeatPenalty: given.repeatPenalty ?? 1,
    presencePenalty: given.presencePenalty ?? 0,
    frequencyPenalty: given.frequencyPenalty ?? 0,
    penaltyWindow: given.penaltyWindow ?? Math.min(DEFAULT_PENALTY_WINDOW, contextTokens),
    dry: dry && completeDry(dry, contextTokens),
    xtc: xtc && { probability: xtc.probability ?? 0.5, threshold: xtc.threshold ?? 0.1 },
    logitBias: given.logitBias ?? [],
    seed: given.seed ?? randomInt(SEEDS),
  };
}

function completeDry(dry: NonNullable<RequestedSampling["dry"]>, contextTokens: number): Dry {
  return {
    multiplier: dry.multiplier ?? 0.8,
    base: dry.base ?? 1.75,
    allowedLength: dry.allowedLength ?? 2,
    window: dry.window ?? contextTokens,
    sequenceBreakers: dry.sequenceBreakers ?? SEQUENCE_BREAKERS,
  };
}

function completeStopping(given: RequestedStopping, limits: Limits): Stopping {
  return {
    maxOutputTokens: given.maxOutputTokens,
    stopSequences: given.stopSequences ?? [],
    stopTokenIds: given.stopTokenIds ?? [],
    ignoreEndOfGeneration: given.ignoreEndOfGeneration ?? false,
    repetitionGuard: given.repetitionGuard && completeGuard(given.repetitionGuard),
    timeLimitMs: given.timeLimitMs ?? limits.generationTimeMs,
  };
}

function completeGuard(guard: NonNullable<RequestedStopping["repetitionGuard"]>): RepetitionGuard {
  return {
    maxPeriodTokens: guard.maxPeriodTokens ?? 32,
    minRepeats: guard.minRepeats ?? 4,
    minTokens: guard.minTokens ?? 32,
  };
}
