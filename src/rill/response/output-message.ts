import {
  Channel as ChannelMessage,
  type Chunk,
  type ToolCallDelta,
} from "../../../generated/rill/v1/generation_event.js";
import type { OutputOptions } from "../../core/generation-request.js";
import type { Channel, Piece, TokenScore } from "../../core/piece.js";
import type { Usage } from "../../core/usage.js";
import type { GenerationMessage } from "./event-message.js";
import { toUsageMessage } from "./account-messages.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import { asBuffer, toLogprobsMessage } from "./logprobs-message.js";
import type { OutputRun } from "./output-runs.js";

/** A part of the output. */
export type OutputMessage = Extract<GenerationMessage, { $case: "chunk" | "toolCall" }>;

/** What a part is made of when it is formed. */
export interface OutputParts {
  /** All that waited of one kind, merged without loss. */
  readonly run: OutputRun;
  /** Output tokens of the parts before. */
  readonly tokensBefore: number;
  readonly output: OutputOptions;
  readonly elapsedMs: number;
  readonly usage: Usage;
}

type TokenFacts = Omit<Chunk, "text" | "channel">;

const CHANNELS: Readonly<Record<Channel, ChannelMessage>> = {
  answer: ChannelMessage.ANSWER,
  reasoning: ChannelMessage.REASONING,
};

/** One message of a run of pieces. */
export function toOutputMessage(parts: OutputParts): OutputMessage {
  const { kind, pieces } = parts.run;
  const facts = tokenFacts(parts);
  if (kind.type === "text") {
    const chunk: Chunk = { text: pieces.map(({ text }) => text).join(""), channel: CHANNELS[kind.channel], ...facts };
    return { $case: "chunk", value: chunk };
  }
  const fragments = pieces.flatMap(({ call }) => call ?? []);
  const head = fragments[0]?.head;
  const text = fragments.map((fragment) => fragment.arguments).join("");
  const delta: ToolCallDelta = { index: kind.index, id: head?.id, name: head?.name, arguments: text, ...facts };
  return { $case: "toolCall", value: delta };
}

function tokenFacts({ run, tokensBefore, output, elapsedMs, usage }: OutputParts): TokenFacts {
  const { pieces } = run;
  const tokenCount = pieces.reduce((sum, piece) => sum + piece.tokenIds.length, 0);
  return {
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
