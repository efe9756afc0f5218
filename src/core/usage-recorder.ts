import type { GenerationOutcome } from "./load-snapshot.js";
import type { Usage } from "./generation-report.js";

/** The facts of an accepted generation that has ended, for billing. The ledger has the same counts, except for the input of a generation that never had a slot. */
export interface EndedGeneration {
  readonly tenant: string;
  /** The caller's name within the tenant. */
  readonly subject: string;
  readonly generationId: string;
  /** The caller's own name for the generation. */
  readonly requestId: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly outcome: GenerationOutcome;
  /** It has no input tokens if the generation never had a slot. */
  readonly usage: Usage;
}

/** Gets each accepted generation once, when nothing of it is held any more, and before its reader gets the last event of a proper end. */
export interface UsageRecorder {
  /** Returns at once and never throws. */
  ended(generation: EndedGeneration): void;
  /** Whether generations may begin. It is false while usage cannot be written and the operator wants no call without a record. */
  readonly isReady: boolean;
}
