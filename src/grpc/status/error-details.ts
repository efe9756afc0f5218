import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Any } from "../../../generated/google/protobuf/any.js";
import {
  BadRequest,
  type BadRequest_FieldViolation,
  BadRequest_FieldViolation as FieldViolationMessage,
  ErrorInfo,
  RetryInfo,
} from "../../../generated/google/rpc/error_details.js";
import { Status } from "../../../generated/google/rpc/status.js";
import type { FieldViolation, GenerationError } from "../../core/generation-error.js";
import { toDurationMessage } from "./duration-message.js";
import { wellFormedText } from "../../core/well-formed-text.js";

/** The size of the details. Base64 makes 5.5 KiB of them, and Python's client replaces a status that has more than 8 KiB of metadata. */
export const MAX_DETAILS_BYTES = 4 * 1024;
export const MAX_VIOLATIONS = 20;
const ERROR_DOMAIN = "rill.v1";
const MAX_FACTS = 16;
const MAX_FACT_BYTES = 128;
const MAX_FIELD_BYTES = 256;
const MAX_DESCRIPTION_BYTES = 512;
/** The bytes of tag and length around a violation, and around the list. */
const FRAME_BYTES = 64;

/**
 * Encodes an error as google.rpc.Status for `grpc-status-details-bin`: ErrorInfo always, RetryInfo if another try may succeed, and BadRequest if
 * fields are invalid. Violations that exceed the bounds are left out, and ErrorInfo gives their total.
 */
export function encodeErrorDetails(error: GenerationError, status: { code: number; message: string }): Buffer {
  const details = [toAny("ErrorInfo", ErrorInfo.encode(toErrorInfo(error)))];
  if (error.retryAfterMs !== undefined) {
    details.push(toAny("RetryInfo", RetryInfo.encode({ retryDelay: toDurationMessage(error.retryAfterMs) })));
  }
  if (error.violations.length > 0) {
    const spent = Status.encode({ ...status, details }).finish().length;
    const fieldViolations = fittingViolations(error.violations, MAX_DETAILS_BYTES - spent);
    if (fieldViolations.length > 0) details.push(toAny("BadRequest", BadRequest.encode({ fieldViolations })));
  }
  return Buffer.from(Status.encode({ ...status, details }).finish());
}

function toErrorInfo(error: GenerationError): ErrorInfo {
  const metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(error.facts).slice(0, MAX_FACTS)) {
    metadata.set(name, wellFormedText(value, MAX_FACT_BYTES));
  }
  if (error.violations.length > 0) metadata.set("violations_total", String(error.violations.length));
  return { reason: error.code, domain: ERROR_DOMAIN, metadata };
}

function fittingViolations(violations: readonly FieldViolation[], budgetBytes: number): BadRequest_FieldViolation[] {
  const fitting: BadRequest_FieldViolation[] = [];
  let left = budgetBytes - FRAME_BYTES;
  for (const violation of violations.slice(0, MAX_VIOLATIONS)) {
    const message = {
      field: wellFormedText(violation.field, MAX_FIELD_BYTES),
      description: wellFormedText(violation.description, MAX_DESCRIPTION_BYTES),
      reason: "",
    };
    left -= FieldViolationMessage.encode(message).finish().length + FRAME_BYTES / 8;
    if (left < 0) break;
    fitting.push(message);
  }
  return fitting;
}

function toAny(name: string, encoded: BinaryWriter): Any {
  return { typeUrl: `type.googleapis.com/google.rpc.${name}`, value: Buffer.from(encoded.finish()) };
}
