import type { Piece } from "../../core/piece.js";

/**
 * The pieces in groups that go into one message each: text of one channel, or a part of one call. In order, none lost, none twice. What has no text says
 * nothing, so it goes with whatever is beside it.
 */
export function toOutputRuns(pieces: readonly Piece[]): readonly Piece[][] {
  const runs: Piece[][] = [];
  let kind: string | undefined;
  for (const piece of pieces) {
    const own = kindOf(piece);
    const run = runs.at(-1);
    if (run === undefined || (own !== undefined && kind !== undefined && own !== kind)) {
      runs.push([piece]);
      kind = own;
    } else {
      run.push(piece);
      kind ??= own;
    }
  }
  return runs;
}

/** undefined: it may be in any message. */
function kindOf({ call, text, channel = "answer" }: Piece): string | undefined {
  if (call !== undefined) return `call ${call.index}`;
  return text === "" ? undefined : channel;
}
