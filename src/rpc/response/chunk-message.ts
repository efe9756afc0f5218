import type { Chunk } from "../../../generated/rill/v1/generation_event.js";
import type { OutputOptions } from "../../core/generation-request.js";
import type { Piece } from "../../core/piece.js";
import type { TokenScore } from "../../core/token-score.js";
import type { Usage } from "../../core/usage.js";
import { toUsageMessage } from "./account-messages.js";
import { toDurationMessage } from "./duration-message.js";
import { asBuffer, toLogprobsMessage } from "./logprobs-message.js";

/** What a chunk is made of when it is formed. */
export interface ChunkParts {
  /** All that waited, merged without loss. */
  readonly pieces: readonly Piece[];
  /** Output tokens of the chunks before. */
  readonly tokensBefore: number;
  readonly output: OutputOptions;
  readonly elapsedMs: number;
  readonly usage: Usage;
}

/** One chunk of everything that waited for the reader. */
export function toChunkMessage({ pieces, tokensBefore, output, elapsedMs, usage }: ChunkParts): Chunk {
  const tokenCount = pieces.reduce((sum, piece) => sum + piece.tokenIds.length, 0);
  return {
    text: pieces.map((piece) => piece.text).join(""),
    tokenCount,
    outputTokens: tokensBefore + tokenCount,
    tokenIds: output.tokenIds ? tokenIdsOf(pieces) : [],
    logprobs: output.logprobs === undefined ? [] : toLogprobsMessage(tokenIdsOf(pieces), pieces.flatMap(scoresOf)),
    tokenBytes: output.tokenBytes ? pieces.flatMap((piece) => piece.tokenBytes ?? []).map(asBuffer) : [],
    elapsed: output.timings ? toDurationMessage(elapsedMs) : undefined,
    usage: output.usageOnEveryChunk ? toUsageMessage(usage) : undefined,
  };
}

function tokenIdsOf(pieces: readonly Piece[]): number[] {
  return pieces.flatMap((piece) => piece.tokenIds);
}

function scoresOf(piece: Piece): readonly TokenScore[] {
  return piece.scores ?? [];
}
