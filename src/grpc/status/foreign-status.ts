import { status as Status, type Metadata } from "@grpc/grpc-js";
import { GenerationError } from "../../core/generation-error.js";
import { DETAILS_KEY } from "./error-status.js";

interface AnyStatus {
  readonly code: Status;
  readonly details: string;
  readonly metadata?: Metadata | null | undefined;
}

/** The statuses by which grpc-js ends calls of its own accord. Its UNIMPLEMENTED says all there is to say, and stays. */
const FOREIGN_CODES: ReadonlySet<Status> = new Set([
  Status.DEADLINE_EXCEEDED,
  Status.RESOURCE_EXHAUSTED,
  Status.INTERNAL,
  Status.UNKNOWN,
]);

/** Whether grpc-js made it, not Rill: it has no google.rpc details. */
export function isForeignStatus(status: AnyStatus): boolean {
  return FOREIGN_CODES.has(status.code) && (status.metadata?.get(DETAILS_KEY) ?? []).length === 0;
}

/** What grpc-js meant, as one of Rill's errors. Its texts are told apart by what stands in 1.14; what is not known becomes INTERNAL. */
export function fromForeignStatus(status: AnyStatus): GenerationError {
  switch (status.code) {
    case Status.DEADLINE_EXCEEDED:
      return new GenerationError("DEADLINE_EXCEEDED", "the call's deadline passed");
    case Status.RESOURCE_EXHAUSTED:
      return new GenerationError(
        status.details.startsWith("Sent") ? "RESPONSE_TOO_LARGE" : "MESSAGE_TOO_LARGE",
        status.details,
      );
    default:
      return GenerationError.from(new Error(status.details));
  }
}
