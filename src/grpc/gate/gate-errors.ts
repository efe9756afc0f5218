import { GenerationError } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";
import type { RequestBytes } from "../call/byte-budgets.js";

export function deadlinePassed(): GenerationError {
  return new GenerationError("DEADLINE_EXCEEDED", "the call's deadline passed");
}

export function bodyLate({ unaryBodyMs }: Limits): GenerationError {
  return new GenerationError("DEADLINE_EXCEEDED", `the request message did not arrive within ${unaryBodyMs} ms`, {
    facts: { max_request_body_time_ms: String(unaryBodyMs) },
  });
}

export function bytesExhausted({ maxBytes }: RequestBytes): GenerationError {
  const text = `the requests in progress hold ${maxBytes} bytes, which is the limit of the server`;
  return new GenerationError("TOO_MANY_REQUEST_BYTES", text, { facts: { max_total_request_bytes: String(maxBytes) } });
}

export function pendingTooMany(): GenerationError {
  const text = "too many calls wait for their messages, and the connection of this one has the most of them";
  return new GenerationError("TOO_MANY_CALLS", text, { retryAfterMs: 1_000 });
}
