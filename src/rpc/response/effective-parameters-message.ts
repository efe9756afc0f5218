import type { EffectiveParameters } from "../../../generated/rill/v1/effective_parameters.js";
import type { RunStopping } from "../../core/engine-wall.js";
import type { Delivery, GenerationRequest } from "../../core/generation-request.js";
import { toDurationMessage } from "./duration-message.js";
import { toLaneMessage } from "./state-messages.js";

/** What a generation runs with. Equal for Generate and GenerateStream, but for the delivery, which only a stream has. */
export function toEffectiveParametersMessage(
  { sampling, lane, delivery }: GenerationRequest,
  stopping: RunStopping,
  { streams }: { streams: boolean },
): EffectiveParameters {
  return {
    sampling: { ...sampling },
    stopping: {
      maxOutputTokens: stopping.maxOutputTokens,
      stopSequences: [...stopping.stopSequences],
      stopTokenIds: [...stopping.stopTokenIds],
      ignoreEndOfGeneration: stopping.ignoreEndOfGeneration,
      repetitionGuard: stopping.repetitionGuard,
      timeLimit: toDurationMessage(stopping.timeLimitMs),
    },
    scheduling: { lane: toLaneMessage(lane) },
    delivery: streams ? toDeliveryMessage(delivery) : undefined,
  };
}

function toDeliveryMessage({ heartbeatIntervalMs, slowReaderLimitMs, maxChunkDelayMs }: Delivery) {
  return {
    heartbeatInterval: heartbeatIntervalMs === 0 ? undefined : toDurationMessage(heartbeatIntervalMs),
    slowReaderLimit: slowReaderLimitMs === undefined ? undefined : toDurationMessage(slowReaderLimitMs),
    maxChunkDelay: toDurationMessage(maxChunkDelayMs),
  };
}
