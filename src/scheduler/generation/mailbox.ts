import type { PrefillProgress } from "../../core/engine-messages.js";
import type { QueuedEvent, QueuePosition } from "../../core/generation-event.js";
import type { Piece } from "../../core/piece.js";
import { Wakeup } from "../../sync/wakeup.js";
import type { RunFinish } from "./generation-phase.js";

/** What a mailbox hands out, in this order: queued*, prefill*, pieces*, finish. */
export type Letter =
  | QueuedEvent
  | { readonly type: "prefill"; readonly progress: PrefillProgress }
  | { readonly type: "pieces"; readonly pieces: readonly Piece[] }
  | { readonly type: "finish"; readonly finish: RunFinish };

/**
 * What waits for a generation's one reader. Bounded: of places and progress only the newest waits, and pieces are no more than the credit that
 * the engine was given, since their credit goes back only after they were taken out.
 */
export class Mailbox {
  #place: QueuePosition | undefined;
  #latestPlace: QueuePosition | undefined;
  #progress: PrefillProgress | undefined;
  #latestProgress: PrefillProgress | undefined;
  #pieces: Piece[] = [];
  #finish: RunFinish | undefined;
  readonly #news = new Wakeup();

  putPlace(place: QueuePosition): void {
    this.#place = place;
    this.#latestPlace = place;
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
   * Puts together what a new reader has to know: how far the input is read in, or, where it `waits`, its place, and the output so far, `pieces`,
   * which takes the place of the pieces that wait. The reader so far is woken, to find that it is replaced.
   */
  startOver({ waits, pieces }: { waits: boolean; pieces: readonly Piece[] }): void {
    this.#place = waits ? this.#latestPlace : undefined;
    this.#progress = this.#latestProgress;
    this.#pieces = [...pieces];
    this.#news.notify();
  }

  /** Until something was put or the mailbox was cleared since the last wait. May return early: look again. */
  changed(): Promise<void> {
    return this.#news.wait();
  }

  /** The next letter; pieces that wait come together. */
  take(): Letter | undefined {
    if (this.#place !== undefined) {
      const place = this.#place;
      this.#place = undefined;
      return { type: "queued", ...place };
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

  /** Drops all that waits, and wakes the reader. */
  clear(): void {
    this.#place = undefined;
    this.#progress = undefined;
    this.#pieces = [];
    this.#finish = undefined;
    this.#news.notify();
  }
}
