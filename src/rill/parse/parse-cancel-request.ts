import {
  CancelMode as CancelModeMessage,
  type CancelGenerationRequest,
} from "../../../generated/rill/v1/generation_service.js";
import type { CancelMode } from "../../core/engine-messages.js";
import type { Limits } from "../../core/limits.js";
import { type DecodedRequest, readableMessage } from "../../grpc/contract/decoded-request.js";
import { type GenerationTarget, parseTarget } from "./parse-target.js";
import { Violations } from "../../core/violations.js";

export interface CancelRequest {
  readonly target: GenerationTarget;
  readonly mode: CancelMode;
}

/** @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST */
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
      // An unknown number arrives typed as a known one.
      violations.add("mode", `is ${mode}, which is no mode`);
      return "immediate";
  }
}
