import type { Delivery as DeliveryMessage } from "../../../generated/rill/v1/delivery.js";
import type { EffectiveParameters as EffectiveParametersMessage } from "../../../generated/rill/v1/effective_parameters.js";
import type { StopMatch as StopMatchMessage } from "../../../generated/rill/v1/finish.js";
import {
  type Accepted,
  Channel as ChannelMessage,
  type Chunk,
  type Completed,
  type ContextTrimmed,
  type Queued,
  type ToolCallDelta,
} from "../../../generated/rill/v1/generation_event.js";
import { GenerateResponse, type GenerateStreamResponse } from "../../../generated/rill/v1/generation_service.js";
import type { TokenLogprobs } from "../../../generated/rill/v1/logprobs.js";
import type { Sampling as SamplingMessage } from "../../../generated/rill/v1/sampling.js";
import type {
  AcceptedEvent,
  CompletedEvent,
  ContextTrimmedEvent,
  EffectiveParameters,
  GenerationMessage,
  OutputScore,
  QueuePosition,
  ReaderEvent,
  TextEvent,
  TokenFacts,
  ToolCallEvent,
} from "../../core/generation-message.js";
import type { Delivery, Sampling } from "../../core/generation-request.js";
import type { Channel } from "../../core/piece.js";
import type { StopMatch } from "../../core/run-end.js";
import type { FoldedGeneration } from "../../generation/fold-generation.js";
import type { EncodedResponse } from "../../grpc/contract/service-definition.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import type { WorkPace } from "../../sync/work-pace.js";
import { encodeInPieces } from "./encode-in-pieces.js";
import { toFinishReasonMessage, toLaneMessage, toTimingsMessage, toUsageMessage } from "./generation-message.js";

const CHANNELS: Readonly<Record<Channel, ChannelMessage>> = {
  answer: ChannelMessage.ANSWER,
  reasoning: ChannelMessage.REASONING,
};

const NO_BYTES = Buffer.alloc(0);

/** Encodes a complete generation, with its long lists in pieces. */
export async function encodeGenerateResponse(folded: FoldedGeneration, pace: WorkPace): Promise<EncodedResponse> {
  const { accepted, contextTrimmed, completed, output } = folded;
  const { generationId, modelDigest, effectiveParameters, turn, notHeld } = toAcceptedMessage(accepted);
  const message: GenerateResponse = {
    ...toCompletedMessage(completed),
    generationId,
    modelDigest,
    effectiveParameters,
    turn,
    notHeld,
    contextTrimmed: contextTrimmed && toContextTrimmedMessage(contextTrimmed),
    text: output.text,
    reasoning: output.reasoning,
    toolCalls: [...output.toolCalls],
    tokenIds: [],
    logprobs: [],
    tokenBytes: [],
  };
  const { tokenIds, scores, tokenBytes } = output;
  return await encodeInPieces(message, {
    codec: GenerateResponse,
    lists: [
      { length: tokenIds.length, part: (start, end) => ({ tokenIds: tokenIds.slice(start, end) }) },
      { length: scores.length, part: (start, end) => ({ logprobs: scores.slice(start, end).map(toLogprobsMessage) }) },
      { length: tokenBytes.length, part: (start, end) => ({ tokenBytes: tokenBytes.slice(start, end).map(asBuffer) }) },
    ],
    pace,
  });
}

export function toStreamResponse({ sequence, event }: GenerationMessage): GenerateStreamResponse {
  return { sequence, event: toEventMessage(event) };
}

/** The UTF-8 bytes of text in a message that the reader must take. */
export function textBytesOf({ event }: GenerationMessage): number {
  if (event.type === "text") return Buffer.byteLength(event.text);
  return event.type === "tool_call" ? Buffer.byteLength(event.arguments) : 0;
}

function toEventMessage(event: ReaderEvent): GenerateStreamResponse["event"] {
  switch (event.type) {
    case "accepted":
      return { $case: "accepted", value: toAcceptedMessage(event) };
    case "context_trimmed":
      return { $case: "contextTrimmed", value: toContextTrimmedMessage(event) };
    case "queued":
      return { $case: "queued", value: toQueuedMessage(event) };
    case "prefill":
      return { $case: "prefill", value: event.progress };
    case "heartbeat":
      return { $case: "heartbeat", value: { parked: event.parked } };
    case "text":
      return { $case: "chunk", value: toChunkMessage(event) };
    case "tool_call":
      return { $case: "toolCall", value: toToolCallMessage(event) };
    case "completed":
      return { $case: "completed", value: toCompletedMessage(event) };
  }
}

function toAcceptedMessage({ type: _type, parameters, ...accepted }: AcceptedEvent): Accepted {
  return {
    ...accepted,
    effectiveParameters: toEffectiveParametersMessage(parameters),
    notHeld: [...(accepted.notHeld ?? [])],
  };
}

function toEffectiveParametersMessage({
  sampling,
  stopping,
  lane,
  priority,
  maxWaitMs,
  delivery,
}: EffectiveParameters): EffectiveParametersMessage {
  return {
    sampling: toSamplingMessage(sampling),
    stopping: {
      maxOutputTokens: stopping.maxOutputTokens,
      stopSequences: [...stopping.stopSequences],
      stopTokenIds: [...stopping.stopTokenIds],
      ignoreEndOfGeneration: stopping.ignoreEndOfGeneration,
      repetitionGuard: stopping.repetitionGuard,
      timeLimit: toDurationMessage(stopping.timeLimitMs),
    },
    scheduling: {
      lane: toLaneMessage(lane),
      priority,
      maxWait: maxWaitMs === undefined ? undefined : toDurationMessage(maxWaitMs),
    },
    delivery: delivery && toDeliveryMessage(delivery),
  };
}

function toSamplingMessage(sampling: Sampling): SamplingMessage {
  const { dry, logitBias } = sampling;
  return {
    ...sampling,
    dry: dry && { ...dry, sequenceBreakers: [...dry.sequenceBreakers] },
    logitBias: logitBias.map(({ tokenId, bias }) => ({ target: { $case: "tokenId", value: tokenId }, bias })),
  };
}

function toDeliveryMessage({ heartbeatIntervalMs, slowReaderLimitMs, maxChunkDelayMs }: Delivery): DeliveryMessage {
  return {
    heartbeatInterval: heartbeatIntervalMs === 0 ? undefined : toDurationMessage(heartbeatIntervalMs),
    slowReaderLimit: slowReaderLimitMs === undefined ? undefined : toDurationMessage(slowReaderLimitMs),
    maxChunkDelay: toDurationMessage(maxChunkDelayMs),
  };
}

function toContextTrimmedMessage({ droppedTurns, keptTurns }: ContextTrimmedEvent): ContextTrimmed {
  return { droppedTurns, keptTurns };
}

/** Converts a position in the queue. Both estimates are 0 until something is measured, and are then absent. */
function toQueuedMessage({ position, waitLowMs, waitHighMs }: QueuePosition): Queued {
  const estimated = waitHighMs > 0;
  return {
    position,
    estimatedWaitLow: estimated ? toDurationMessage(waitLowMs) : undefined,
    estimatedWaitHigh: estimated ? toDurationMessage(waitHighMs) : undefined,
  };
}

function toChunkMessage(event: TextEvent): Chunk {
  return { text: event.text, channel: CHANNELS[event.channel], ...tokenFields(event) };
}

function toToolCallMessage(event: ToolCallEvent): ToolCallDelta {
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

function toLogprobsMessage({ tokenId, logprob, top }: OutputScore): TokenLogprobs {
  return {
    tokenId,
    logprob,
    top: top.map((token) => ({
      tokenId: token.tokenId,
      logprob: token.logprob,
      tokenBytes: token.tokenBytes === undefined ? NO_BYTES : asBuffer(token.tokenBytes),
    })),
  };
}

/** Views bytes as a Buffer, which the generated code expects, without a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toCompletedMessage(event: CompletedEvent): Completed {
  return {
    finishReason: toFinishReasonMessage(event.reason),
    stopMatch: toStopMatchMessage(event.stopMatch),
    incompleteText: event.incompleteText,
    textSha256: asBuffer(event.textSha256),
    usage: toUsageMessage(event.usage),
    timings: toTimingsMessage(event.timings),
    restarts: event.restarts,
    sessionRevision: event.sessionRevision,
  };
}

function toStopMatchMessage(match: StopMatch | undefined): StopMatchMessage | undefined {
  switch (match?.type) {
    case undefined:
      return undefined;
    case "sequence":
      return { match: { $case: "stopSequence", value: match.text } };
    case "token":
      return { match: { $case: "stopTokenId", value: match.tokenId } };
  }
}
