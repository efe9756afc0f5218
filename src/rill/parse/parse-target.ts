import type { CancelGenerationRequest } from "../../../generated/rill/v1/generation_service.js";
import type { Limits } from "../../core/limits.js";
import { parseId } from "./parse-identity.js";
import type { Violations } from "../../core/violations.js";

/** Which generation a caller means. */
export type GenerationTarget = { readonly generationId: string } | { readonly requestId: string };

/** The `target` of every request that names a generation. */
export function parseTarget(
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
