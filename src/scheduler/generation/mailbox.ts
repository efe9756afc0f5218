import type { PrefillProgress } from "../../core/engine-messages.js";
import type { QueuedEvent, QueuePosition } from "../../core/generation-message.js";
import type { Piece } from "../../core/piece.js";
import { Wakeup } from "../../sync/deferred.js";
import type { RunFinish } from "./generation-phase.js";

/** A message to the reader. A mailbox hands letters out in the order queued*, prefill*, pieces*, finish. */
export type Letter =
  | QueuedEvent
  | { readonly type: "prefill"; readonly progress: PrefillProgress }
  | { readonly type: "pieces"; readonly pieces: readonly Piece[] }
  | { readonly type: "finish"; readonly finish: RunFinish };

/**
 * The letters that wait for a generation's one reader. It is bounded: only the newest position and the newest progress are kept, and the pieces are
 * never more than the credit that the engine was given, because their credit goes back only after they were taken out.
 */
export class Mailbox {
  #position: QueuePosition | undefined;
  #latestPosition: QueuePosition | undefined;
  #progress: PrefillProgress | undefined;
  #latestProgress: PrefillProgress | undefined;
  #pieces: Piece[] = [];
  #finish: RunFinish | undefined;
  readonly #news = new Wakeup();

  putPosition(position: QueuePosition): void {
    this.#position = position;
    this.#latestPosition = position;
    this.#news.notify();
  }

  putProgress(progress: PrefillProgress): void {
    this.#progress = progress;
    this.#latestProgress = progress;
    this.#news.notify();
  }

  putPieces(pieces: readonly Piece[]): void {
    this.#pieces.push(...pieces);
    this.#news.notify();
  }

  putFinish(finish: RunFinish): void {
    this.#finish = finish;
    this.#news.notify();
  }

  /**
   * Puts everything that a new reader has to know: the position of a generation that `waits`, the progress of the prefill, and all of the output so far,
   * which replaces the pieces that wait. The reader before is woken, and finds that it was replaced.
   */
  startOver({ waits, pieces }: { waits: boolean; pieces: readonly Piece[] }): void {
    this.#position = waits ? this.#latestPosition : undefined;
    this.#progress = this.#latestProgress;
    this.#pieces = [...pieces];
    this.#news.notify();
  }

  /** Resolves once something was put or the mailbox was cleared since the last wait. It may resolve early, so the caller looks again. */
  changed(): Promise<void> {
    return this.#news.wait();
  }

  /** Takes the next letter. All waiting pieces come in one. */
  take(): Letter | undefined {
    if (this.#position !== undefined) {
      const position = this.#position;
      this.#position = undefined;
      return { type: "queued", ...position };
    }
    if (this.#progress !== undefined) {
      const progress = this.#progress;
      this.#progress = undefined;
      return { type: "prefill", progress };
    }
    if (this.#pieces.length > 0) {
      const pieces = this.#pieces;
      this.#pieces = [];
      return { type: "pieces", pieces };
    }
    if (this.#finish !== undefined) {
      const finish = this.#finish;
      this.#finish = undefined;
      return { type: "finish", finish };
    }
    return undefined;
  }

  /** Drops everything that waits, and wakes the reader. */
  clear(): void {
    this.#position = undefined;
    this.#progress = undefined;
    this.#pieces = [];
    this.#finish = undefined;
    this.#news.notify();
  }
}
