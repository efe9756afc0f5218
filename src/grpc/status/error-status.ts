import { Metadata, type status as Status, type StatusObject } from "@grpc/grpc-js";
import type { GenerationError } from "../../core/generation-error.js";
import { encodeErrorDetails } from "./error-details.js";
import { STATUS_OF_CODE } from "./status-table.js";
import { wellFormedText } from "../../core/well-formed-text.js";

/** The trailer that holds google.rpc details. */
export const DETAILS_KEY = "grpc-status-details-bin";
/** The trailer by which a client of any language knows when to try again. */
const PUSHBACK_KEY = "grpc-retry-pushback-ms";
const MAX_TEXT_BYTES = 1024;
/** The text travels percent-encoded: up to three bytes for one. */
const MAX_ENCODED_TEXT_BYTES = 2 * 1024;

/** An error as gRPC sends it. @param metadata what else goes out with it; its details are added */
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

/** A status that a standard protocol (health) lays down for its own cases, sent as it is: it is none of Rill's published reasons. */
export class ProtocolStatus extends Error {
  readonly code: Status;

  constructor(code: Status, message: string) {
    super(message);
    this.name = "ProtocolStatus";
    this.code = code;
  }
}
