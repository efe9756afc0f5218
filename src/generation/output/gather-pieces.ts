import type { Credit, Piece } from "../../core/piece.js";
import type { Clock } from "../../sync/clock.js";
import type { EventReader } from "./event-reader.js";

export interface GatherOptions {
  /** How long the first pieces may wait for others; 0: not at all. */
  readonly maxDelayMs: number;
  /** The run's whole window. Once the pieces fill it, no more can come until the reader has taken some. */
  readonly window: Credit;
  readonly clock: Clock;
}

/** Gathers the pieces of one chunk: the first ones, and all that join them within the delay. They stay in order; none is lost and none comes twice. */
export async function gatherPieces(
  first: readonly Piece[],
  reader: EventReader,
  { maxDelayMs, window, clock }: GatherOptions,
): Promise<readonly Piece[]> {
  const pieces = [...first];
  const dueMs = clock.nowMs() + maxDelayMs;
  for (let leftMs = maxDelayMs; leftMs > 0 && !fills(window, pieces); leftMs = dueMs - clock.nowMs()) {
    const event = await reader.nextWithin(leftMs);
    if (event === undefined) break;
    if (event.type !== "pieces") {
      reader.unread(event);
      break;
    }
    pieces.push(...event.pieces);
  }
  return pieces;
}

function fills(window: Credit, pieces: readonly Piece[]): boolean {
  const bytes = pieces.reduce((sum, piece) => sum + piece.textBytes, 0);
  return pieces.length >= window.pieces || bytes >= window.bytes;
}
