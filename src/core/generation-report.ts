import type { FinishReason } from "./finish-reason.js";
import type { ErrorCode } from "./generation-error.js";
import type { Lane } from "./generation-request.js";
import type { Timings, Usage } from "./usage.js";

/** How a generation ended: with its finish, or with the error that its call got or would have got. */
export type GenerationEnd =
  | { readonly type: "finished"; readonly reason: FinishReason }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string };

/** The state of one generation, before or after its end. */
export interface GenerationReport {
  readonly generationId: string;
  readonly requestId: string | undefined;
  readonly lane: Lane;
  readonly labels: ReadonlyMap<string, string>;
  readonly state: GenerationState;
  readonly usage: Usage;
  readonly timings: Timings;
  /** undefined while anything of the generation is held. */
  readonly end: GenerationEnd | undefined;
  /** The time at which the call was opened, since the epoch. */
  readonly createdMs: number;
  /** undefined until the generation is accepted. */
  readonly seed: number | undefined;
}

/**
 * Where one generation is: preparing → waiting → prefilling → running ⇄ parked → ended, and from any state to ended. A generation that finds a free slot goes
 * from preparing straight to prefilling. A parked generation is preempted if others wait: it has no slot until its reader has caught up and a slot falls
 * free, and is prefilling then.
 */
export type GenerationState = "preparing" | "waiting" | "prefilling" | "running" | "parked" | "preempted" | "ended";
