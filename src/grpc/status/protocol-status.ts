import type { status as Status } from "@grpc/grpc-js";

/** A status that a standard protocol (health) lays down for its own cases, sent as it is: it is none of Rill's published reasons. */
export class ProtocolStatus extends Error {
  readonly code: Status;

  constructor(code: Status, message: string) {
    super(message);
    this.name = "ProtocolStatus";
    this.code = code;
  }
}
