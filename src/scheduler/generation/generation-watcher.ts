import type { GenerationError } from "../../core/generation-error.js";
import type { FinishedEvent } from "../../core/generation-event.js";
import type { Piece } from "../../core/piece.js";
import type { Usage } from "../../core/usage.js";

/** How a generation ended, told at that moment: what its reader takes afterwards is not counted as delivered. */
export type WatchedEnd =
  FinishedEvent | { readonly type: "failed"; readonly error: GenerationError; readonly usage: Usage };

/** Sees a generation's output and end as they are made, however far behind its reader is. Called synchronously; must not throw. */
export interface GenerationWatcher {
  wrote(pieces: readonly Piece[]): void;
  /** Once: nothing runs for it any more. */
  ended(end: WatchedEnd): void;
}
