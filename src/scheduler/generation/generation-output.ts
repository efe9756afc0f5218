import type { PrefillProgress } from "../../core/engine-messages.js";
import type { QueuedEvent, QueuePosition } from "../../core/generation-message.js";
import type { Credit, Piece } from "../../core/piece.js";
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

/** A position in a generation's output, as the counts of everything before it. */
export interface OutputPosition {
  readonly pieces: number;
  /** UTF-8 bytes of text. */
  readonly bytes: number;
  readonly tokens: number;
}

export const OUTPUT_START: OutputPosition = Object.freeze({ pieces: 0, bytes: 0, tokens: 0 });

/** The position behind `pieces`, which begin at `start`. */
export function positionAfter(start: OutputPosition, pieces: readonly Piece[]): OutputPosition {
  let { bytes, tokens } = start;
  for (const piece of pieces) {
    bytes += piece.textBytes;
    tokens += piece.tokenIds.length;
  }
  return { pieces: start.pieces + pieces.length, bytes, tokens };
}

/** The most bytes that a token id takes in a message. */
const TOKEN_ID_BYTES = 5;

/** A generation's whole output so far, for a later reader. It is bounded: an output beyond the bound is forgotten as a whole, for good. */
export class OutputLog {
  readonly #maxBytes: number;
  #pieces: Piece[] | undefined = [];
  #bytes = 0;

  /** @param maxBytes the most that a message of the whole output may take, with its text, calls and token ids. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** undefined once the output was more than the log may keep. */
  get pieces(): readonly Piece[] | undefined {
    return this.#pieces;
  }

  add(pieces: readonly Piece[]): void {
    for (const piece of pieces) this.#bytes += piece.textBytes + piece.tokenIds.length * TOKEN_ID_BYTES;
    if (this.#bytes > this.#maxBytes) this.#pieces = undefined;
    this.#pieces?.push(...pieces);
  }
}

/** The share of the window from which credit is worth waking the engine's thread, which computes meanwhile. */
const WORTHWHILE_SHARE = 1 / 4;

/** How far a run's readers have taken its output, and how much of the credit for that the engine has not got back yet. */
export class CreditReturn {
  readonly #window: Credit;
  #postedPieces = 0;
  #taken = OUTPUT_START;
  #returned = OUTPUT_START;

  /** @param window the credit with which the run begins. */
  constructor(window: Credit) {
    this.#window = window;
  }

  /** The number of pieces that the engine has posted and no reader has taken. */
  get untakenPieces(): number {
    return this.#postedPieces - this.#taken.pieces;
  }

  posted(pieces: number): void {
    this.#postedPieces += pieces;
  }

  /** A position that an earlier reader has reached already frees nothing. */
  takenTo(position: OutputPosition): void {
    if (position.pieces > this.#taken.pieces) this.#taken = position;
  }

  /**
   * Takes all the credit that the engine is owed; undefined if there is none, or if it is not yet worthwhile.
   * @param isAwaited true makes any credit worthwhile, because the run stands still without it.
   */
  take(isAwaited: boolean): Credit | undefined {
    const pieces = this.#taken.pieces - this.#returned.pieces;
    const bytes = this.#taken.bytes - this.#returned.bytes;
    const isWorthwhile =
      pieces >= this.#window.pieces * WORTHWHILE_SHARE || bytes >= this.#window.bytes * WORTHWHILE_SHARE;
    if (pieces === 0 || !(isAwaited || isWorthwhile)) return undefined;
    this.#returned = this.#taken;
    return { pieces, bytes };
  }
}
