import type { FinishReason } from "./finish-reason.js";
import type { ErrorCode } from "./generation-error.js";
import type { Lane } from "./generation-request.js";
import type { Timings, Usage } from "./usage.js";

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

/**
 * Where one generation is. preparing → waiting → prefilling → running ⇄ parked → ended; any → ended.
 * parked → preempted when others wait: without a slot until its reader has caught up and one falls free; then prefilling again.
 * A generation that finds a free slot goes from preparing straight to prefilling.
 */
export type GenerationState = "preparing" | "waiting" | "prefilling" | "running" | "parked" | "preempted" | "ended";
