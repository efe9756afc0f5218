import type { OutputEvent, OutputScore, TokenFacts } from "../../core/generation-message.js";
import type { Usage } from "../../core/generation-report.js";
import type { OutputOptions } from "../../core/generation-request.js";
import type { Channel, Piece } from "../../core/piece.js";

/** A message of the output carries text of one channel, or a part of one call. */
export type OutputKind =
  { readonly type: "text"; readonly channel: Channel } | { readonly type: "call"; readonly index: number };

/** The kind before any output. */
export const FIRST_KIND: OutputKind = Object.freeze({ type: "text", channel: "answer" });

/** Pieces that follow each other and go into one message; at least one. */
export interface OutputRun {
  readonly kind: OutputKind;
  readonly pieces: readonly Piece[];
}

/** The moment at which parts of an output are formed, and the facts that they carry beside their text. */
export interface OutputMoment {
  /** The parts of the output that the caller asked for. */
  readonly output: OutputOptions;
  readonly elapsedMs: number;
  readonly usage: Usage;
}

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

/** A run of pieces as one part of the output, merged without loss. @param tokensBefore output tokens of the parts before */
export function toOutputEvent({ kind, pieces }: OutputRun, tokensBefore: number, moment: OutputMoment): OutputEvent {
  const facts = tokenFacts(pieces, tokensBefore, moment);
  if (kind.type === "text") {
    return { type: "text", channel: kind.channel, text: pieces.map(({ text }) => text).join(""), ...facts };
  }
  const fragments = pieces.flatMap(({ call }) => call ?? []);
  const text = fragments.map((fragment) => fragment.arguments).join("");
  return { type: "tool_call", index: kind.index, head: fragments[0]?.head, arguments: text, ...facts };
}

/** All of an output as the fewest parts that hold it, in order. */
export function toWholeOutput(pieces: readonly Piece[], moment: OutputMoment): readonly OutputEvent[] {
  let tokensBefore = 0;
  return toOutputRuns(pieces).map((run) => {
    const event = toOutputEvent(run, tokensBefore, moment);
    tokensBefore = event.outputTokens;
    return event;
  });
}

function tokenFacts(
  pieces: readonly Piece[],
  tokensBefore: number,
  { output, elapsedMs, usage }: OutputMoment,
): TokenFacts {
  const tokenCount = pieces.reduce((sum, piece) => sum + piece.tokenIds.length, 0);
  return {
    tokenCount,
    outputTokens: tokensBefore + tokenCount,
    tokenIds: output.tokenIds ? pieces.flatMap((piece) => piece.tokenIds) : [],
    scores: output.logprobs === undefined ? [] : pieces.flatMap(toScores),
    tokenBytes: output.tokenBytes ? pieces.flatMap((piece) => piece.tokenBytes ?? []) : [],
    elapsedMs: output.timings ? elapsedMs : undefined,
    usage: output.usageOnEveryChunk ? usage : undefined,
  };
}

function toScores({ tokenIds, scores = [] }: Piece): readonly OutputScore[] {
  return scores.map(({ logprob, top }, index) => ({ tokenId: tokenIds[index] ?? 0, logprob, top }));
}
