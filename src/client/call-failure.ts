import { type ServiceError, status as Status } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, RetryInfo } from "../../generated/google/rpc/error_details.js";
import { Status as StatusMessage } from "../../generated/google/rpc/status.js";
import type { FieldViolation } from "../core/generation-error.js";

/** A call that ended in another status than OK, with all that the server said of it. */
export class CallFailure extends Error {
  /** Such as UNAVAILABLE. */
  readonly status: string;
  /** Such as QUEUE_FULL; undefined where the status is not the server's own, but the connection's or a proxy's. */
  readonly reason: string | undefined;
  /** What the server says beside the reason, such as `session_revision`. */
  readonly facts: ReadonlyMap<string, string>;
  readonly violations: readonly FieldViolation[];
  /** When another try may succeed. */
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

interface Details {
  readonly info: ErrorInfo | undefined;
  readonly badRequest: BadRequest | undefined;
  readonly retry: RetryInfo | undefined;
}

/** What can't be decoded is not there: the status itself says enough. */
function readDetails({ metadata }: ServiceError): Details {
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
