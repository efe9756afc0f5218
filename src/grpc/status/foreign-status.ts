import { status as Status, type Metadata } from "@grpc/grpc-js";
import { GenerationError } from "../../core/generation-error.js";
import { DETAILS_KEY } from "./error-status.js";

interface AnyStatus {
  readonly code: Status;
  readonly details: string;
  readonly metadata?: Metadata | null | undefined;
}

/** The statuses with which grpc-js ends calls itself. Its UNIMPLEMENTED needs no change. */
const FOREIGN_CODES: ReadonlySet<Status> = new Set([
  Status.DEADLINE_EXCEEDED,
  Status.RESOURCE_EXHAUSTED,
  Status.INTERNAL,
  Status.UNKNOWN,
]);

/** Whether grpc-js, and not Rill, created the status: it has no google.rpc details. */
export function isForeignStatus(status: AnyStatus): boolean {
  return FOREIGN_CODES.has(status.code) && (status.metadata?.get(DETAILS_KEY) ?? []).length === 0;
}

/** Converts a status of grpc-js to a GenerationError. It tells them apart by the texts of grpc-js 1.14; an unknown one becomes INTERNAL. */
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
