import type { EngineNotice } from "../../src/core/engine-messages.js";
import type { Channel, Piece } from "../../src/core/piece.js";

/** What steers a marked output, each a token of its own: begins and ends the thinking, begins a call, ends it. */
export const MARK = { THINK: 1, CALL: 2, END: 3 } as const;

/** The tool that all calls of a marked output name. */
const MARKED_TOOL = "f";

interface RunMarks {
  channel: Channel;
  calls: number;
  isCalling: boolean;
}

/** Stands in for the engine's own reading of a model's markup: turns MARKs in the texts of pieces into channels and calls, run by run. */
export class MarkedOutput {
  readonly #runs = new Map<number, RunMarks>();

  read(notice: EngineNotice): EngineNotice {
    if (notice.type !== "step") return notice;
    const updates = notice.updates.map((update) => {
      const marks = this.#runs.get(update.runId) ?? { channel: "answer", calls: 0, isCalling: false };
      this.#runs.set(update.runId, marks);
      if (update.end !== undefined) this.#runs.delete(update.runId);
      return { ...update, pieces: update.pieces.map((piece) => readPiece(piece, marks)) };
    });
    return { ...notice, updates };
  }
}

/** Its bytes stay what they were: so much credit was spent. */
function readPiece(piece: Piece, marks: RunMarks): Piece {
  const { text } = piece;
  if (marks.isCalling) {
    if (text === String.fromCharCode(MARK.END)) {
      marks.isCalling = false;
      return { ...piece, text: "" };
    }
    return { ...piece, text: "", call: { index: marks.calls - 1, arguments: text } };
  }
  if (text === String.fromCharCode(MARK.THINK)) {
    marks.channel = marks.channel === "answer" ? "reasoning" : "answer";
    return { ...piece, text: "", channel: "reasoning" };
  }
  if (text === String.fromCharCode(MARK.CALL)) {
    marks.isCalling = true;
    const index = marks.calls++;
    return { ...piece, text: "", call: { index, head: { id: `call_${index}`, name: MARKED_TOOL }, arguments: "" } };
  }
  return { ...piece, channel: marks.channel };
}

/** A marked output as the tokens that a scripted engine says again. */
export function marked(...parts: readonly (string | number)[]): number[] {
  return parts.flatMap((part) => (typeof part === "number" ? [part] : [...Buffer.from(part)]));
}
