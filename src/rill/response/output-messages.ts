import {
  Channel as ChannelMessage,
  type Chunk,
  type ToolCallDelta,
} from "../../../generated/rill/v1/generation_event.js";
import type { TextEvent, TokenFacts, ToolCallEvent } from "../../core/generation-message.js";
import type { Channel } from "../../core/piece.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import { toUsageMessage } from "./account-messages.js";
import { asBuffer, toLogprobsMessage } from "./logprobs-message.js";

const CHANNELS: Readonly<Record<Channel, ChannelMessage>> = {
  answer: ChannelMessage.ANSWER,
  reasoning: ChannelMessage.REASONING,
};

export function toChunkMessage(event: TextEvent): Chunk {
  return { text: event.text, channel: CHANNELS[event.channel], ...tokenFields(event) };
}

export function toToolCallMessage(event: ToolCallEvent): ToolCallDelta {
  const { index, head, arguments: text } = event;
  return { index, id: head?.id, name: head?.name, arguments: text, ...tokenFields(event) };
}

function tokenFields(facts: TokenFacts): Omit<Chunk, "text" | "channel"> {
  const { tokenCount, outputTokens, tokenIds, scores, tokenBytes, elapsedMs, usage } = facts;
  return {
    tokenCount,
    outputTokens,
    // The encoder only reads the list.
    tokenIds: tokenIds as number[],
    logprobs: scores.map(toLogprobsMessage),
    tokenBytes: tokenBytes.map(asBuffer),
    elapsed: elapsedMs === undefined ? undefined : toDurationMessage(elapsedMs),
    usage: usage && toUsageMessage(usage),
  };
}
