import type { Channel, Piece } from "../../core/piece.js";

/** What a message of the output carries: text of one channel, or a part of one call. */
export type OutputKind =
  { readonly type: "text"; readonly channel: Channel } | { readonly type: "call"; readonly index: number };

/** Pieces that follow each other and go into one message; at least one. */
export interface OutputRun {
  readonly kind: OutputKind;
  readonly pieces: readonly Piece[];
}

/** Before anything was said. */
export const FIRST_KIND: OutputKind = Object.freeze({ type: "text", channel: "answer" });

/**
 * The pieces as runs, in order, none lost, none twice. What has no text says nothing, so it goes with whatever is beside it.
 * @param before kind of the run before: of pieces without any text, which may stand in the middle of a call
 */
export function toOutputRuns(pieces: readonly Piece[], before: OutputKind = FIRST_KIND): readonly OutputRun[] {
  const runs: { kind: OutputKind | undefined; pieces: Piece[] }[] = [];
  for (const piece of pieces) {
    const kind = kindOf(piece);
    const last = runs.at(-1);
    if (last === undefined || (kind !== undefined && last.kind !== undefined && !isSame(kind, last.kind))) {
      runs.push({ kind, pieces: [piece] });
    } else {
      last.kind ??= kind;
      last.pieces.push(piece);
    }
  }
  return runs.map((run) => ({ kind: run.kind ?? silentKind(run.pieces, before), pieces: run.pieces }));
}

/** Of pieces without any text: that of the thinking where they say so. */
function silentKind(pieces: readonly Piece[], before: OutputKind): OutputKind {
  return pieces.some(({ channel }) => channel === "reasoning") ? { type: "text", channel: "reasoning" } : before;
}

/** undefined: it may be in any message. */
function kindOf({ call, text, channel = "answer" }: Piece): OutputKind | undefined {
  if (call !== undefined) return { type: "call", index: call.index };
  return text === "" ? undefined : { type: "text", channel };
}

function isSame(one: OutputKind, other: OutputKind): boolean {
  if (one.type === "call") return other.type === "call" && one.index === other.index;
  return other.type === "text" && one.channel === other.channel;
}
