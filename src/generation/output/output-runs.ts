import type { Channel, Piece } from "../../core/piece.js";

/** A message of the output carries text of one channel, or a part of one call. */
export type OutputKind =
  { readonly type: "text"; readonly channel: Channel } | { readonly type: "call"; readonly index: number };

/** Pieces that follow each other and go into one message; at least one. */
export interface OutputRun {
  readonly kind: OutputKind;
  readonly pieces: readonly Piece[];
}

/** The kind before any output. */
export const FIRST_KIND: OutputKind = Object.freeze({ type: "text", channel: "answer" });

/**
 * Groups pieces into runs, in order; none is lost and none comes twice. A piece without text joins its neighbour.
 * @param before the kind of the run before, which pieces without any text take: they may stand in the middle of a call
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

/** Returns the kind of pieces without text: reasoning if one of them says so, else the kind before. */
function silentKind(pieces: readonly Piece[], before: OutputKind): OutputKind {
  return pieces.some(({ channel }) => channel === "reasoning") ? { type: "text", channel: "reasoning" } : before;
}

/** undefined: the piece may be in any message. */
function kindOf({ call, text, channel = "answer" }: Piece): OutputKind | undefined {
  if (call !== undefined) return { type: "call", index: call.index };
  return text === "" ? undefined : { type: "text", channel };
}

function isSame(one: OutputKind, other: OutputKind): boolean {
  if (one.type === "call") return other.type === "call" && one.index === other.index;
  return other.type === "text" && one.channel === other.channel;
}
