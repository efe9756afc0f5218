import type { EffectiveParameters } from "../../../generated/rill/v1/effective_parameters.js";
import type { Sampling as SamplingMessage } from "../../../generated/rill/v1/sampling.js";
import type { RunStopping } from "../../core/engine-wall.js";
import type { Delivery, GenerationRequest, Sampling } from "../../core/generation-request.js";
import { toDurationMessage } from "./duration-message.js";
import { toLaneMessage } from "./state-messages.js";

/** What a generation runs with. Equal for Generate and GenerateStream, but for the delivery, which only a stream has. */
export function toEffectiveParametersMessage(
  { lane, delivery }: GenerationRequest,
  { sampling, stopping }: { sampling: Sampling; stopping: RunStopping },
  { streams }: { streams: boolean },
): EffectiveParameters {
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
    scheduling: { lane: toLaneMessage(lane) },
    delivery: streams ? toDeliveryMessage(delivery) : undefined,
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

function toDeliveryMessage({ heartbeatIntervalMs, slowReaderLimitMs, maxChunkDelayMs }: Delivery) {
  return {
    heartbeatInterval: heartbeatIntervalMs === 0 ? undefined : toDurationMessage(heartbeatIntervalMs),
    slowReaderLimit: slowReaderLimitMs === undefined ? undefined : toDurationMessage(slowReaderLimitMs),
    maxChunkDelay: toDurationMessage(maxChunkDelayMs),
  };
}
