import type { Piece } from "../../core/piece.js";

/** How far into a generation's output: everything before it, counted. */
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
