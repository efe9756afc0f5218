import { Metadata, type status as Status, type StatusObject } from "@grpc/grpc-js";
import type { GenerationError } from "../../core/generation-error.js";
import { encodeErrorDetails } from "./error-details.js";
import { STATUS_OF_CODE } from "./status-table.js";
import { wellFormedText } from "../../core/well-formed-text.js";

/** The trailer for google.rpc details. */
export const DETAILS_KEY = "grpc-status-details-bin";
/** The trailer that tells clients in all languages when to retry. */
const PUSHBACK_KEY = "grpc-retry-pushback-ms";
const MAX_TEXT_BYTES = 1024;
/** The text is percent-encoded on the wire, up to three bytes per byte. */
const MAX_ENCODED_TEXT_BYTES = 2 * 1024;

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

/** A status that a standard protocol (health) defines for its own cases. It is sent as it is and has none of Rill's reasons. */
export class ProtocolStatus extends Error {
  readonly code: Status;

  constructor(code: Status, message: string) {
    super(message);
    this.name = "ProtocolStatus";
    this.code = code;
  }
}
