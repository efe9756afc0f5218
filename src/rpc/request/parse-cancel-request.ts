import {
  CancelMode as CancelModeMessage,
  type CancelGenerationRequest,
} from "../../../generated/rill/v1/generation_service.js";
import type { CancelMode } from "../../core/engine-wall.js";
import type { Limits } from "../../core/limits.js";
import { type DecodedRequest, readableMessage } from "./decoded-request.js";
import { parseId } from "./parse-identity.js";
import { Violations } from "./violations.js";

export interface CancelRequest {
  readonly target: { readonly generationId: string } | { readonly requestId: string };
  readonly mode: CancelMode;
}

/** @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST */
export function parseCancelRequest(request: DecodedRequest<CancelGenerationRequest>, limits: Limits): CancelRequest {
  const { target, mode } = readableMessage(request);
  const violations = new Violations(request.violations);
  const parsed = { target: parseTarget(target, limits, violations), mode: parseMode(mode, violations) };
  violations.throwIfAny();
  return parsed;
}

function parseTarget(
  target: CancelGenerationRequest["target"],
  limits: Limits,
  violations: Violations,
): CancelRequest["target"] {
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

function parseMode(mode: CancelModeMessage | undefined, violations: Violations): CancelMode {
  switch (mode) {
    case undefined:
    case CancelModeMessage.IMMEDIATE:
      return "immediate";
    case CancelModeMessage.SOFT:
      return "soft";
    default:
      // An unknown number arrives typed as a known one.
      violations.add("mode", `is ${mode}, which is no mode`);
      return "immediate";
  }
}
