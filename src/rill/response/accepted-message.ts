import type { Delivery as DeliveryMessage } from "../../../generated/rill/v1/delivery.js";
import type { EffectiveParameters as EffectiveParametersMessage } from "../../../generated/rill/v1/effective_parameters.js";
import type { Accepted } from "../../../generated/rill/v1/generation_event.js";
import type { Sampling as SamplingMessage } from "../../../generated/rill/v1/sampling.js";
import type { AcceptedEvent, EffectiveParameters } from "../../core/generation-message.js";
import type { Delivery, Sampling } from "../../core/generation-request.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import { toLaneMessage } from "./state-messages.js";

export function toAcceptedMessage({ type: _type, parameters, ...accepted }: AcceptedEvent): Accepted {
  return { ...accepted, effectiveParameters: toEffectiveParametersMessage(parameters) };
}

function toEffectiveParametersMessage({
  sampling,
  stopping,
  lane,
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
