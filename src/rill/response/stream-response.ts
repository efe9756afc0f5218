import type { ContextTrimmed, Queued } from "../../../generated/rill/v1/generation_event.js";
import type { GenerateStreamResponse } from "../../../generated/rill/v1/generation_service.js";
import type {
  ContextTrimmedEvent,
  GenerationMessage,
  QueuePosition,
  ReaderEvent,
} from "../../core/generation-message.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import { toAcceptedMessage } from "./accepted-message.js";
import { toCompletedMessage } from "./completed-message.js";
import { toChunkMessage, toToolCallMessage } from "./output-messages.js";

export function toStreamResponse({ sequence, event }: GenerationMessage): GenerateStreamResponse {
  return { sequence, event: toEventMessage(event) };
}

/** The UTF-8 bytes of text in a message that the reader must take. */
export function textBytesOf({ event }: GenerationMessage): number {
  if (event.type === "text") return Buffer.byteLength(event.text);
  return event.type === "tool_call" ? Buffer.byteLength(event.arguments) : 0;
}

export function toContextTrimmedMessage({ droppedTurns, keptTurns }: ContextTrimmedEvent): ContextTrimmed {
  return { droppedTurns, keptTurns };
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

/** Converts a position in the queue. Both estimates are 0 until something is measured, and are then absent. */
function toQueuedMessage({ position, waitLowMs, waitHighMs }: QueuePosition): Queued {
  const estimated = waitHighMs > 0;
  return {
    position,
    estimatedWaitLow: estimated ? toDurationMessage(waitLowMs) : undefined,
    estimatedWaitHigh: estimated ? toDurationMessage(waitHighMs) : undefined,
  };
}
