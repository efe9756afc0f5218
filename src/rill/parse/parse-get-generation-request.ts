import type { GetGenerationRequest } from "../../../generated/rill/v1/generation_service.js";
import type { Limits } from "../../core/limits.js";
import { type DecodedRequest, readableMessage } from "../../grpc/contract/decoded-request.js";
import { type GenerationTarget, parseTarget } from "./parse-target.js";
import { Violations } from "../../core/violations.js";

/** @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST */
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
