import type { CallOrigin } from "../../core/calls.js";
import type { Lane } from "../../core/generation-request.js";

/** What is known of a generation from the moment its call is opened. */
export interface GenerationIdentity {
  readonly generationId: string;
  /** The caller's own name for it. */
  readonly requestId: string | undefined;
  readonly lane: Lane;
  /** The caller's own words for it. */
  readonly labels: ReadonlyMap<string, string>;
  /** When the call was opened, since the epoch. */
  readonly createdMs: number;
  /** Where its first call came from, for the log. */
  readonly origin: CallOrigin | undefined;
}

/** What the ledger keeps of it: all but where the call came from. */
export function ledgerIdentity(identity: GenerationIdentity): Omit<GenerationIdentity, "origin"> {
  const { generationId, requestId, lane, labels, createdMs } = identity;
  return { generationId, requestId, lane, labels, createdMs };
}
