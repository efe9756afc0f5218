import type { FinishReason } from "./run-end.js";
import type { ErrorCode } from "./generation-error.js";
import type { Lane } from "./generation-request.js";

/** The state of one generation, before or after its end. */
export interface GenerationReport {
  readonly generationId: string;
  /** The tenant to whom the generation belongs. No message to a client has it. */
  readonly tenant: string;
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

/** How a generation ended: with its finish, or with the error that its call got or would have got. */
export type GenerationEnd =
  | { readonly type: "finished"; readonly reason: FinishReason }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string };

/** The token counts of one generation. inputTokens = reused + prefilled; outputTokens = delivered + undelivered. */
export interface Usage {
  readonly inputTokens: number;
  readonly reusedInputTokens: number;
  readonly outputTokens: number;
  /** The output tokens that were spent on reasoning. Default: none. */
  readonly reasoningTokens?: number;
  /** The output tokens in messages that the reader's window has taken. */
  readonly deliveredTokens: number;
}

/** The time of a generation by phase, in ms. totalMs = queueMs + prepareMs + prefillMs + decodeMs + parkedMs. */
export interface Timings {
  /** The wait for a slot, and all time that belongs to no other phase. */
  readonly queueMs: number;
  readonly prepareMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly parkedMs: number;
  readonly totalMs: number;
  /** The time from the opening of the call until the writer got the first chunk. undefined before that. */
  readonly timeToFirstTokenMs: number | undefined;
}
