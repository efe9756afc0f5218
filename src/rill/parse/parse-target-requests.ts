import {
  type CancelGenerationRequest,
  CancelMode as CancelModeMessage,
  type GetGenerationRequest,
} from "../../../generated/rill/v1/generation_service.js";
import type { CancelMode } from "../../core/engine-messages.js";
import { Violations } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";
import { type DecodedRequest, readableMessage } from "../../grpc/contract/service-definition.js";
import type { GenerationTarget } from "../../scheduler/generation/generation-registry.js";
import { parseId } from "./parse-field.js";

/** Parses the `target` of a request that names a generation. */
function parseTarget(
  target: CancelGenerationRequest["target"],
  limits: Limits,
  violations: Violations,
): GenerationTarget {
  switch (target?.$case) {
    case undefined:
      violations.add("target", "is missing: one of generation_id and request_id is required");
      return { generationId: "" };
    case "generationId":
      parseId({ field: "generation_id", value: target.value }, limits, violations);
      return { generationId: target.value };
    case "requestId":
      parseId({ field: "request_id", value: target.value }, limits, violations);
      return { requestId: target.value };
  }
}

export interface CancelRequest {
  readonly target: GenerationTarget;
  readonly mode: CancelMode;
}

/**
 * Parses a request of CancelGeneration.
 * @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST
 */
export function parseCancelRequest(request: DecodedRequest<CancelGenerationRequest>, limits: Limits): CancelRequest {
  const { target, mode } = readableMessage(request);
  const violations = new Violations();
  const parsed = { target: parseTarget(target, limits, violations), mode: parseMode(mode, violations) };
  violations.throwIfAny();
  return parsed;
}

function parseMode(mode: CancelModeMessage | undefined, violations: Violations): CancelMode {
  switch (mode) {
    case undefined:
    case CancelModeMessage.IMMEDIATE:
      return "immediate";
    case CancelModeMessage.SOFT:
      return "soft";
    case CancelModeMessage.END_REASONING:
      return "end_reasoning";
    default:
      // An unknown number has the type of a known one.
      violations.add("mode", `is ${mode}, which is no mode`);
      return "immediate";
  }
}

/**
 * Parses a request of GetGeneration.
 * @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST
 */
export function parseGetGenerationRequest(
  request: DecodedRequest<GetGenerationRequest>,
  limits: Limits,
): GenerationTarget {
  const { target } = readableMessage(request);
  const violations = new Violations();
  const parsed = parseTarget(target, limits, violations);
  violations.throwIfAny();
  return parsed;
}
