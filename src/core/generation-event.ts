import type { PrefillProgress } from "./engine-messages.js";
import type { FinishReason, StopMatch } from "./finish-reason.js";
import type { Piece } from "./piece.js";
import type { Timings, Usage } from "./usage.js";

/** A place in line: 1 is next. The wait is an estimate from the work ahead and the engine's pace; both ends 0 where nothing was measured yet. */
export interface QueuePlace {
  readonly position: number;
  readonly waitLowMs: number;
  readonly waitHighMs: number;
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
  | { readonly type: "queued"; readonly place: QueuePlace }
  | { readonly type: "prefill"; readonly progress: PrefillProgress }
  | { readonly type: "pieces"; readonly pieces: readonly Piece[] }
  | FinishedEvent;
