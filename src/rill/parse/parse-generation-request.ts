import type { GenerateRequest } from "../../../generated/rill/v1/generation_service.js";
import { GenerationError, Violations } from "../../core/generation-error.js";
import type { GenerationInput, GenerationRequest, TurnInput } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { ModelFacts } from "../../core/model-facts.js";
import { type DecodedRequest, takeMessage } from "../../grpc/contract/decoded-request.js";
import { parseConstraint } from "./parse-constraint.js";
import { parseDelivery } from "./parse-delivery.js";
import { parseIdempotency } from "./parse-idempotency.js";
import { parseId, parseLabels } from "./parse-identity.js";
import { parseInput, requireNoControlTokens } from "./parse-input.js";
import { parseOutput } from "./parse-output.js";
import { parseReasoning, type ReasoningBounds } from "./parse-reasoning.js";
import { parseSampling } from "./parse-sampling.js";
import { parseScheduling } from "./parse-scheduling.js";
import { parseStopping } from "./parse-stopping.js";
import { parseTurnInput } from "./parse-turn-input.js";
import { refuseConflicts } from "./refuse-conflicts.js";

export interface RequestBounds {
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
    input: parseAnyInput(message, { limits, vocabularySize }, violations),
    reasoning: parseReasoning(message.reasoning, reasoningBounds(message, model), violations),
    constraint: parseConstraint(message.constraint, limits, violations),
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

function reasoningBounds({ input }: GenerateRequest, { template }: ModelFacts): ReasoningBounds {
  const isRendered = input?.$case === "chat" || input?.$case === "turn";
  return { reasons: template.reasoning, isRendered };
}

function parseAnyInput(
  message: GenerateRequest,
  { limits, vocabularySize }: { limits: Limits; vocabularySize: number },
  violations: Violations,
): GenerationInput | TurnInput {
  const { input, parseControlTokens } = message;
  if (input?.$case !== "turn") {
    const bounds = { vocabularySize, limits, kinds: "prompt, chat, token_ids and turn" };
    return parseInput({ input, parseControlTokens }, bounds, violations);
  }
  requireNoControlTokens(parseControlTokens, violations);
  return parseTurnInput(input.value, limits, violations);
}

function requireModel(expected: string, { name, digest }: ModelFacts): void {
  if (expected === name || expected === digest) return;
  throw new GenerationError("MODEL_MISMATCH", `another model is served: ${name}`, {
    facts: { model: name, model_digest: digest },
  });
}
