import type { OutputEvent, OutputScore, TokenFacts } from "../../core/generation-message.js";
import type { OutputOptions } from "../../core/generation-request.js";
import type { Piece } from "../../core/piece.js";
import type { Usage } from "../../core/generation-report.js";
import { type OutputRun, toOutputRuns } from "./output-runs.js";

/** The moment at which parts of an output are formed, and the facts that they carry beside their text. */
export interface OutputMoment {
  /** The parts of the output that the caller asked for. */
  readonly output: OutputOptions;
  readonly elapsedMs: number;
  readonly usage: Usage;
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
