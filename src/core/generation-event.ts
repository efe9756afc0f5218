import type { PrefillProgress } from "./engine-messages.js";
import type { FinishReason, StopMatch } from "./finish-reason.js";
import type { Piece } from "./piece.js";
import type { Timings, Usage } from "./usage.js";

/**
 * A generation's position in its lane's queue, and the wait that is left. The wait is estimated from the work ahead and the engine's pace. Both ends
 * are 0 until a step was measured.
 */
export interface QueuePosition {
  /** 1 is next. */
  readonly position: number;
  readonly waitLowMs: number;
  readonly waitHighMs: number;
}

/** A generation waits in the queue, or has moved up in it. */
export interface QueuedEvent extends QueuePosition {
  readonly type: "queued";
}

/** A generation has come to its proper end. */
export interface FinishedEvent {
  readonly type: "finished";
  readonly reason: FinishReason;
  readonly stopMatch: StopMatch | undefined;
  readonly incompleteText: boolean;
  readonly usage: Usage;
  readonly timings: Timings;
  /** How often it gave its slot up and came back. */
  readonly restarts: number;
}

/**
 * What a generation tells its one reader (rpc/), in order: queued*, prefill*, pieces*, finished. Of `queued` and `prefill` only the newest waits;
 * pieces that wait come together. An end without a finish reason is a GenerationError thrown by the read.
 */
export type GenerationEvent =
  | QueuedEvent
  | { readonly type: "prefill"; readonly progress: PrefillProgress }
  | { readonly type: "pieces"; readonly pieces: readonly Piece[] }
  | FinishedEvent;
