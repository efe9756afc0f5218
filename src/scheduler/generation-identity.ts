import type { Lane } from "../core/lane.js";

/** What is known of a generation from the moment its call is opened. */
export interface GenerationIdentity {
  readonly generationId: string;
  /** The caller's own name for it. */
  readonly requestId: string | undefined;
  readonly lane: Lane;
  /** The caller's words for the log. */
  readonly labels: ReadonlyMap<string, string>;
}
