import { createHash } from "node:crypto";
import { GenerateRequest } from "../../../generated/rill/v1/generation_service.js";
import type { RequestedIdempotency } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { parseId } from "./parse-identity.js";
import type { Violations } from "../../core/generation-error.js";

/**
 * Parses the idempotency key. A turn also gets its digest by the old rule, for turns that earlier releases stored. An invalid request gets no digest,
 * because it is refused.
 */
export function parseIdempotency(
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
