import { type ServiceError, status as Status } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, RetryInfo } from "../../generated/google/rpc/error_details.js";
import { Status as StatusMessage } from "../../generated/google/rpc/status.js";
import type { FieldViolation } from "../core/generation-error.js";

/** A call that ended with another status than OK, with every detail of the status. */
export class CallFailure extends Error {
  /** The name of the status, such as UNAVAILABLE. */
  readonly status: string;
  /** The server's reason, such as QUEUE_FULL. A status of the connection or of a proxy has none. */
  readonly reason: string | undefined;
  /** The server's facts about the failure, such as `session_revision`. */
  readonly facts: ReadonlyMap<string, string>;
  readonly violations: readonly FieldViolation[];
  /** The time after which a retry may succeed. */
  readonly retryAfterMs: number | undefined;
  readonly generationId: string | undefined;

  constructor(error: ServiceError) {
    super(error.details, { cause: error });
    this.name = "CallFailure";
    this.status = Status[error.code];
    const details = readDetails(error);
    this.reason = details.info?.reason;
    this.facts = details.info?.metadata ?? new Map();
    this.violations = details.badRequest?.fieldViolations ?? [];
    const delay = details.retry?.retryDelay;
    this.retryAfterMs = delay === undefined ? undefined : delay.seconds * 1_000 + delay.nanos / 1e6;
    this.generationId = error.metadata.get("x-rill-generation-id")[0]?.toString();
  }
}

interface StatusDetails {
  readonly info: ErrorInfo | undefined;
  readonly badRequest: BadRequest | undefined;
  readonly retry: RetryInfo | undefined;
}

/** Reads the status details. Undecodable details count as absent, since the status itself says enough. */
function readDetails({ metadata }: ServiceError): StatusDetails {
  try {
    const [bytes = Buffer.alloc(0)] = metadata.get("grpc-status-details-bin");
    const { details } = StatusMessage.decode(Buffer.from(bytes));
    const find = (name: string): Buffer | undefined =>
      details.find(({ typeUrl }) => typeUrl.endsWith(`/google.rpc.${name}`))?.value;
    const [info, badRequest, retry] = [find("ErrorInfo"), find("BadRequest"), find("RetryInfo")];
    return {
      info: info && ErrorInfo.decode(info),
      badRequest: badRequest && BadRequest.decode(badRequest),
      retry: retry && RetryInfo.decode(retry),
    };
  } catch {
    return { info: undefined, badRequest: undefined, retry: undefined };
  }
}
