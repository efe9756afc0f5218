import type { PrefillProgress } from "./engine-messages.js";
import type { FinishReason, StopMatch } from "./finish-reason.js";
import type { GenerationError } from "./generation-error.js";
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
  /** How often the generation gave its slot up and returned. */
  readonly restarts: number;
}

/**
 * A generation's message to its one reader. The order is queued*, prefill*, pieces*, finished. Only the newest `queued` and the newest `prefill` wait for the
 * reader, and all waiting pieces come in one event. If the generation fails, the read throws a GenerationError.
 */
export type GenerationEvent =
  | QueuedEvent
  | { readonly type: "prefill"; readonly progress: PrefillProgress }
  | { readonly type: "pieces"; readonly pieces: readonly Piece[] }
  | FinishedEvent;

/** A generation's end as its watcher learns it at that moment. Pieces that the reader takes afterwards are not counted as delivered. */
export type WatchedEnd =
  FinishedEvent | { readonly type: "failed"; readonly error: GenerationError; readonly usage: Usage };

/** Sees a generation's output and end as they come, however far behind the reader is. Its methods are called synchronously and must not throw. */
export interface GenerationWatcher {
  wrote(pieces: readonly Piece[]): void;
  /** Called once, when nothing runs for the generation any more. */
  ended(end: WatchedEnd): void;
}
