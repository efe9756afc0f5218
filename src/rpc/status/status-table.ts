import { status as Status } from "@grpc/grpc-js";
import type { ErrorCode } from "../../core/generation-error.js";

/**
 * The one place where an error code becomes a gRPC status; the compiler holds it complete. UNAVAILABLE is "another replica may do it", so proxies
 * retry it; RESOURCE_EXHAUSTED is the caller's own doing. CANCELLED only ever stands for a client's wish.
 */
export const STATUS_OF_CODE: Readonly<Record<ErrorCode, Status>> = {
  INVALID_REQUEST: Status.INVALID_ARGUMENT,
  UNDECODABLE_MESSAGE: Status.INVALID_ARGUMENT,
  INPUT_TOO_LONG: Status.INVALID_ARGUMENT,
  MESSAGE_TOO_LARGE: Status.RESOURCE_EXHAUSTED,
  METADATA_TOO_LARGE: Status.RESOURCE_EXHAUSTED,
  RESPONSE_TOO_LARGE: Status.RESOURCE_EXHAUSTED,
  MODEL_MISMATCH: Status.FAILED_PRECONDITION,
  REQUEST_ID_IN_USE: Status.ALREADY_EXISTS,
  IDEMPOTENCY_KEY_REUSED: Status.ALREADY_EXISTS,
  TAKEN_OVER: Status.ABORTED,
  GENERATION_NOT_FOUND: Status.NOT_FOUND,
  LINE_FULL: Status.UNAVAILABLE,
  MAX_WAIT: Status.UNAVAILABLE,
  TOO_MANY_CALLS: Status.UNAVAILABLE,
  TOO_MANY_WATCHERS: Status.RESOURCE_EXHAUSTED,
  STARTING: Status.UNAVAILABLE,
  DRAINING: Status.UNAVAILABLE,
  DRAINED: Status.UNAVAILABLE,
  ENGINE_LOST: Status.UNAVAILABLE,
  ENGINE_FAULT: Status.INTERNAL,
  SLOW_READER: Status.RESOURCE_EXHAUSTED,
  DEADLINE_EXCEEDED: Status.DEADLINE_EXCEEDED,
  CANCELLED: Status.CANCELLED,
  INTERNAL: Status.INTERNAL,
};
