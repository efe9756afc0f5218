import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { Metadata, status as Status, type StatusObject } from "@grpc/grpc-js";
import type { Any } from "../../../generated/google/protobuf/any.js";
import {
  BadRequest,
  type BadRequest_FieldViolation,
  BadRequest_FieldViolation as FieldViolationMessage,
  ErrorInfo,
  QuotaFailure,
  type QuotaFailure_Violation,
  RetryInfo,
} from "../../../generated/google/rpc/error_details.js";
import { Status as StatusMessage } from "../../../generated/google/rpc/status.js";
import { type FieldViolation, GenerationError } from "../../core/generation-error.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { toDurationMessage } from "./duration-message.js";
import { STATUS_OF_CODE } from "./status-table.js";

/** The trailer for google.rpc details. */
const DETAILS_KEY = "grpc-status-details-bin";
/** The trailer that tells clients in all languages when to retry. */
const PUSHBACK_KEY = "grpc-retry-pushback-ms";
const MAX_TEXT_BYTES = 1024;
/** The text is percent-encoded on the wire, up to three bytes per byte. */
const MAX_ENCODED_TEXT_BYTES = 2 * 1024;
/** The size of the details. Base64 makes 5.5 KiB of them, and Python's client replaces a status that has more than 8 KiB of metadata. */
export const MAX_DETAILS_BYTES = 4 * 1024;
export const MAX_VIOLATIONS = 20;
const ERROR_DOMAIN = "rill.v1";
const MAX_FACTS = 16;
const MAX_FACT_BYTES = 128;
const MAX_FIELD_BYTES = 256;
const MAX_DESCRIPTION_BYTES = 512;
const EMPTY_QUOTA_VIOLATION: QuotaFailure_Violation = Object.freeze({
  subject: "",
  description: "",
  apiService: "",
  quotaMetric: "",
  quotaId: "",
  quotaDimensions: new Map<string, string>(),
  quotaValue: 0,
});
/** The bytes of tag and length around a violation, and around the list. */
const FRAME_BYTES = 64;
/** The statuses with which grpc-js ends calls itself. Its UNIMPLEMENTED needs no change. */
const FOREIGN_CODES: ReadonlySet<Status> = new Set([
  Status.DEADLINE_EXCEEDED,
  Status.RESOURCE_EXHAUSTED,
  Status.INTERNAL,
  Status.UNKNOWN,
]);

/**
 * Converts an error to a gRPC status.
 * @param metadata further trailers, to which the details are added
 */
export function toErrorStatus(error: GenerationError, metadata = new Metadata()): StatusObject {
  const code = STATUS_OF_CODE[error.code];
  const details = statusText(error.message);
  metadata.set(DETAILS_KEY, encodeErrorDetails(error, { code, message: details }));
  if (error.retryAfterMs !== undefined) metadata.set(PUSHBACK_KEY, String(Math.ceil(error.retryAfterMs)));
  return { code, details, metadata };
}

function statusText(message: string): string {
  const text = wellFormedText(message, MAX_TEXT_BYTES);
  return encodeURI(text).length <= MAX_ENCODED_TEXT_BYTES ? text : wellFormedText(text, MAX_ENCODED_TEXT_BYTES / 3);
}

/**
 * Encodes an error as google.rpc.Status for `grpc-status-details-bin`: ErrorInfo always, RetryInfo if another try may succeed, QuotaFailure if a
 * bound of the tenant is passed, and BadRequest if fields are invalid. Violations that exceed the bounds are left out, and ErrorInfo gives their total.
 */
function encodeErrorDetails(error: GenerationError, status: { code: number; message: string }): Buffer {
  const details = [toAny("ErrorInfo", ErrorInfo.encode(toErrorInfo(error)))];
  if (error.retryAfterMs !== undefined) {
    details.push(toAny("RetryInfo", RetryInfo.encode({ retryDelay: toDurationMessage(error.retryAfterMs) })));
  }
  if (error.quota !== undefined) {
    const subject = wellFormedText(error.quota.subject, MAX_FIELD_BYTES);
    const description = wellFormedText(error.quota.description, MAX_DESCRIPTION_BYTES);
    const violations = [{ ...EMPTY_QUOTA_VIOLATION, subject, description }];
    details.push(toAny("QuotaFailure", QuotaFailure.encode({ violations })));
  }
  if (error.violations.length > 0) {
    const spent = StatusMessage.encode({ ...status, details }).finish().length;
    const fieldViolations = fittingViolations(error.violations, MAX_DETAILS_BYTES - spent);
    if (fieldViolations.length > 0) details.push(toAny("BadRequest", BadRequest.encode({ fieldViolations })));
  }
  return Buffer.from(StatusMessage.encode({ ...status, details }).finish());
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

interface AnyStatus {
  readonly code: Status;
  readonly details: string;
  readonly metadata?: Metadata | null | undefined;
}

/** Whether grpc-js, and not Rill, created the status: it has no google.rpc details. */
export function isForeignStatus(status: AnyStatus): boolean {
  return FOREIGN_CODES.has(status.code) && (status.metadata?.get(DETAILS_KEY) ?? []).length === 0;
}

/** The error of a call whose deadline has passed, whoever notices it first. */
export function deadlinePassed(): GenerationError {
  return new GenerationError("DEADLINE_EXCEEDED", "the call's deadline passed");
}

/** Converts a status of grpc-js to a GenerationError. It tells them apart by the texts of grpc-js 1.14; an unknown one becomes INTERNAL. */
export function fromForeignStatus(status: AnyStatus): GenerationError {
  switch (status.code) {
    case Status.DEADLINE_EXCEEDED:
      return deadlinePassed();
    case Status.RESOURCE_EXHAUSTED:
      return new GenerationError(
        status.details.startsWith("Sent") ? "RESPONSE_TOO_LARGE" : "MESSAGE_TOO_LARGE",
        status.details,
      );
    default:
      return GenerationError.from(new Error(status.details));
  }
}

/** A status that a standard protocol (health) defines for its own cases. It is sent as it is and has none of Rill's reasons. */
export class ProtocolStatus extends Error {
  readonly code: Status;

  constructor(code: Status, message: string) {
    super(message);
    this.name = "ProtocolStatus";
    this.code = code;
  }
}
