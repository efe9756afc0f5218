import { createHash } from "node:crypto";
import { CacheScope } from "../../../generated/rill/v1/cache_scope.js";
import type { Delivery as DeliveryMessage } from "../../../generated/rill/v1/delivery.js";
import { GenerateRequest } from "../../../generated/rill/v1/generation_service.js";
import type { Output as OutputMessage } from "../../../generated/rill/v1/output.js";
import { Lane as LaneMessage, type Scheduling } from "../../../generated/rill/v1/scheduling.js";
import { GenerationError, Violations } from "../../core/generation-error.js";
import {
  type Delivery,
  type GenerationRequest,
  type Given,
  type Lane,
  MAX_PRIORITY,
  type OutputOptions,
  type Reasoning,
  type RequestedCache,
  type RequestedIdempotency,
} from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { ModelFacts } from "../../core/model-facts.js";
import { type DecodedRequest, takeMessage } from "../../grpc/contract/service-definition.js";
import { parseConstraint, refuseConflicts } from "./parse-constraint.js";
import { parseId, parseLabels, parseOptionalDurationMs, parseOptionalNumber } from "./parse-field.js";
import { parseInputOrTurn } from "./parse-input.js";
import { parseSampling, parseStopping } from "./parse-generation-options.js";

/** The shortest slow_reader_limit, which the contract fixes. A shorter one would hit ordinary pauses of a network. */
const MIN_SLOW_READER_LIMIT_MS = 1_000;

interface RequestBounds {
  readonly limits: Limits;
  readonly model: ModelFacts;
  /** The tokens that input and output may have together. */
  readonly contextTokens: number;
  /** True for GenerateStream, false for Generate. Both have the same messages. */
  readonly streams: boolean;
}

/**
 * Parses a request of Generate or GenerateStream as its caller gave it, to a valid and frozen one. It takes the message.
 * @throws GenerationError UNDECODABLE_MESSAGE; INVALID_REQUEST with every violation; MODEL_MISMATCH
 */
export function parseGenerationRequest(
  request: DecodedRequest<GenerateRequest>,
  { limits, model, contextTokens, streams }: RequestBounds,
): GenerationRequest {
  const message = takeMessage(request);
  const violations = new Violations();
  const { vocabularySize } = model;
  const expectedModel = parseId({ field: "expected_model", value: message.expectedModel }, limits, violations);
  const parsed = {
    requestId: parseId({ field: "request_id", value: message.requestId }, limits, violations),
    labels: parseLabels(message.labels, limits, violations),
    input: parseInputOrTurn(message, { limits, vocabularySize }, violations),
    reasoning: parseReasoning(message, model, violations),
    constraint: parseConstraint(message.constraint, limits, violations),
    strictSchema: message.strictSchema,
    cache: parseCache(message.cache, violations),
    sampling: parseSampling(message.sampling, { limits, vocabularySize, contextTokens }, violations),
    stopping: parseStopping(message.stopping, { limits, vocabularySize }, violations),
    output: parseOutput(message.output, limits, violations),
    ...parseScheduling(message.scheduling, limits, violations),
    delivery: parseDelivery(message.delivery, { limits, streams }, violations),
  };
  refuseConflicts(parsed, violations);
  const idempotency = parseIdempotency(message, limits, violations);
  violations.throwIfAny();
  if (expectedModel !== undefined) requireModel(expectedModel, model);
  return Object.freeze({ ...parsed, idempotency });
}

/** Parses how the model reasons. Returns undefined if the request does not say. */
function parseReasoning(
  { reasoning, input }: GenerateRequest,
  { template }: ModelFacts,
  violations: Violations,
): Reasoning | undefined {
  if (reasoning === undefined) return undefined;
  const { enabled, tokenBudget } = reasoning;
  if (tokenBudget === 0) violations.add("reasoning.token_budget", "is 0; it must be at least 1");
  if (enabled === false && tokenBudget !== undefined) {
    violations.add("reasoning.token_budget", "is not valid with enabled false");
  }
  const isRendered = input?.$case === "chat" || input?.$case === "turn";
  const obstacle = template.reasoning
    ? isRendered
      ? undefined
      : "is valid only with chat and turn, which the chat template renders"
    : "is not valid: the model is no reasoning model";
  if (obstacle !== undefined) {
    if (enabled === true) violations.add("reasoning.enabled", obstacle);
    if (tokenBudget !== undefined) violations.add("reasoning.token_budget", obstacle);
  }
  return Object.freeze({ enabled, tokenBudget });
}

/** Parses the facts that come back beside the text, as the caller gave them. */
function parseOutput(output: OutputMessage | undefined, limits: Limits, violations: Violations): Given<OutputOptions> {
  const logprobs = output?.logprobs;
  if (logprobs !== undefined && logprobs > limits.topLogprobs) {
    violations.add("output.logprobs", `is ${logprobs}; it must be at most ${limits.topLogprobs}`);
  }
  return Object.freeze({
    tokenIds: output?.tokenIds,
    timings: output?.timings,
    usageOnEveryChunk: output?.usage,
    logprobs,
    tokenBytes: output?.tokenBytes,
  });
}

function parseCache(scope: CacheScope | undefined, violations: Violations): RequestedCache | undefined {
  switch (scope) {
    case undefined:
      return undefined;
    case CacheScope.TENANT:
      return "tenant";
    case CacheScope.PRIVATE:
      return "private";
    case CacheScope.NONE:
      return "none";
    default:
      // An unknown number has the type of a known one.
      violations.add("cache", `is ${scope}, which is no scope`);
      return undefined;
  }
}

/** How a call waits, as its caller gave it. */
interface RequestedScheduling {
  readonly lane: Lane | undefined;
  readonly priority: number | undefined;
  /** The longest time in the queue. */
  readonly maxWaitMs: number | undefined;
}

/** Parses how the call waits. No field has a value if the caller gave none. */
function parseScheduling(
  scheduling: Scheduling | undefined,
  { maxCallerWaitMs }: Pick<Limits, "maxCallerWaitMs">,
  violations: Violations,
): RequestedScheduling {
  const field = "scheduling.max_wait";
  const priority = { field: "scheduling.priority", value: scheduling?.priority, min: 0, max: MAX_PRIORITY };
  const maxWait = { field, value: scheduling?.maxWait, min: 0, max: maxCallerWaitMs };
  return {
    lane: parseLane(scheduling?.lane, violations),
    priority: parseOptionalNumber(priority, violations),
    maxWaitMs: parseOptionalDurationMs(maxWait, violations),
  };
}

function parseLane(lane: LaneMessage | undefined, violations: Violations): Lane | undefined {
  switch (lane) {
    case undefined:
      return undefined;
    case LaneMessage.INTERACTIVE:
      return "interactive";
    case LaneMessage.BATCH:
      return "batch";
    default:
      // An unknown number has the type of a known one.
      violations.add("scheduling.lane", `is ${lane}, which is no lane`);
      return undefined;
  }
}

/** Parses how a stream is delivered to its reader, as the caller gave it. Generate has no stream and refuses the group. */
function parseDelivery(
  delivery: DeliveryMessage | undefined,
  { limits, streams }: { limits: Limits; streams: boolean },
  violations: Violations,
): Given<Delivery> {
  if (!streams) {
    if (delivery !== undefined)
      violations.add("delivery", "is valid only in GenerateStream, because Generate has no stream");
    return {};
  }
  if (delivery === undefined) return {};
  const { heartbeatInterval, slowReaderLimit, maxChunkDelay } = delivery;
  const heartbeat = { min: limits.minHeartbeatMs, max: limits.maxHeartbeatMs };
  const slowReader = { min: MIN_SLOW_READER_LIMIT_MS, max: limits.maxSlowReaderLimitMs };
  const chunkDelay = { min: 0, max: limits.maxChunkDelayMs };
  return Object.freeze({
    slowReaderLimitMs: parseOptionalDurationMs(
      { field: "delivery.slow_reader_limit", value: slowReaderLimit, ...slowReader },
      violations,
    ),
    heartbeatIntervalMs: parseOptionalDurationMs(
      { field: "delivery.heartbeat_interval", value: heartbeatInterval, ...heartbeat },
      violations,
    ),
    maxChunkDelayMs: parseOptionalDurationMs(
      { field: "delivery.max_chunk_delay", value: maxChunkDelay, ...chunkDelay },
      violations,
    ),
  });
}

/**
 * Parses the idempotency key. A turn also gets its digest by the old rule, for turns that earlier releases stored. An invalid request gets no digest,
 * because it is refused.
 */
function parseIdempotency(
  message: GenerateRequest,
  limits: Limits,
  violations: Violations,
): RequestedIdempotency | undefined {
  const { idempotencyKey } = message;
  const key = parseId({ field: "idempotency_key", value: idempotencyKey }, limits, violations);
  if (key === undefined || violations.list.length > 0) return undefined;
  const legacyDigest = message.input?.$case === "turn" ? digestBody(message) : undefined;
  return Object.freeze({ key, legacyDigest });
}

/** The SHA-256 of the message without its names, encoded anew with fields and map keys in order, because clients may order both as they like. */
function digestBody(message: GenerateRequest): string {
  const labels = new Map([...message.labels].sort(([a], [b]) => (a < b ? -1 : 1)));
  const body = { ...message, labels, requestId: undefined, idempotencyKey: undefined };
  return createHash("sha256").update(GenerateRequest.encode(body).finish()).digest("base64");
}

function requireModel(expected: string, { name, digest }: ModelFacts): void {
  if (expected === name || expected === digest) return;
  throw new GenerationError("MODEL_MISMATCH", `another model is served: ${name}`, {
    facts: { model: name, model_digest: digest },
  });
}
