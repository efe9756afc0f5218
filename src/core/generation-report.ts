import type { FinishReason } from "./finish-reason.js";
import type { ErrorCode } from "./generation-error.js";
import type { GenerationState } from "./generation-state.js";
import type { Lane } from "./lane.js";
import type { Timings } from "./timings.js";
import type { Usage } from "./usage.js";

/** How a generation ended: by itself, or with the status that its call got, or would have got. */
export type GenerationEnd =
  | { readonly type: "finished"; readonly reason: FinishReason }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string };

/** What is known of one generation, while it goes on or after its end. */
export interface GenerationReport {
  readonly generationId: string;
  readonly requestId: string | undefined;
  readonly lane: Lane;
  readonly labels: ReadonlyMap<string, string>;
  readonly state: GenerationState;
  readonly usage: Usage;
  readonly timings: Timings;
  /** undefined while anything of it is held. */
  readonly end: GenerationEnd | undefined;
  /** When its call was opened, since the epoch. */
  readonly createdMs: number;
  /** undefined before it was accepted. */
  readonly seed: number | undefined;
}
