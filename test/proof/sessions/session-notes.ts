import type { ServiceError } from "@grpc/grpc-js";
import { statusDetails } from "../../support/status-details.js";
import type { ObservedCall } from "./session-history.js";

/** Nothing was stored by a call that ends so. */
const REFUSALS = new Set(["SESSION_BUSY", "REVISION_MISMATCH", "NOTHING_TO_CONTINUE"]);
/** A call that ends so may have stored something. */
const OPEN_ENDS = new Set(["TAKEN_OVER", "LEASE_LOST", "STORE_UNAVAILABLE"]);

/** All that the clients of a run have seen, on the one clock of this process. */
export class SessionNotes {
  calls: ObservedCall[] = [];
  /** Answers that no fault of the process or its store explains. */
  readonly strange: string[] = [];
  /** How often a call was refused, or ended openly, by its reason; "" where the connection was lost. */
  readonly reasons = new Map<string, number>();
  /** Called as soon as a client is told of something that is stored. */
  onAcknowledged: () => void = () => undefined;

  note(call: ObservedCall): void {
    this.calls.push(call);
  }

  /** Hands the calls over and forgets them. */
  take(): readonly ObservedCall[] {
    const { calls } = this;
    this.calls = [];
    return calls;
  }

  /** What an error leaves open. */
  endOf(error: Pick<ServiceError, "code" | "details" | "metadata">, what: string): { type: "refused" | "unknown" } {
    const { reason = "", code, text } = statusDetails(error);
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    if (REFUSALS.has(reason)) return { type: "refused" };
    // Without a reason it is not the server's: the connection was lost, or the client cancelled.
    if (reason !== "" ? !OPEN_ENDS.has(reason) : code === DEADLINE_EXCEEDED) {
      this.strange.push(`${what} ended with ${reason}, code ${code}: ${text}`);
    }
    return { type: "unknown" };
  }
}

const DEADLINE_EXCEEDED = 4;
