import type { Piece } from "../../core/piece.js";
import { type OutputMessage, type OutputParts, toOutputMessage } from "./output-message.js";
import { toOutputRuns } from "./output-runs.js";

/** All of an output as the fewest messages that hold it, in order. */
export function toWholeOutput(
  pieces: readonly Piece[],
  parts: Omit<OutputParts, "run" | "tokensBefore">,
): OutputMessage[] {
  let tokensBefore = 0;
  return toOutputRuns(pieces).map((run) => {
    const message = toOutputMessage({ ...parts, run, tokensBefore });
    tokensBefore = message.value.outputTokens;
    return message;
  });
}
