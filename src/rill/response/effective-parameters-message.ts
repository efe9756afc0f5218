import type { Delivery as DeliveryMessage } from "../../../generated/rill/v1/delivery.js";
import type { EffectiveParameters } from "../../../generated/rill/v1/effective_parameters.js";
import type { Sampling as SamplingMessage } from "../../../generated/rill/v1/sampling.js";
import type { RunStopping } from "../../core/engine-messages.js";
import type { Delivery, GenerationRequest, Sampling } from "../../core/generation-request.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import { toLaneMessage } from "./state-messages.js";

/** Converts the parameters of a generation, without its delivery. */
export function toEffectiveParametersMessage(
  { lane, maxWaitMs }: GenerationRequest,
  { sampling, stopping }: { sampling: Sampling; stopping: RunStopping },
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
    scheduling: {
      lane: toLaneMessage(lane),
      maxWait: maxWaitMs === undefined ? undefined : toDurationMessage(maxWaitMs),
    },
    delivery: undefined,
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

/** Converts the delivery, which belongs to each reader of a generation. */
export function toDeliveryMessage({
  heartbeatIntervalMs,
  slowReaderLimitMs,
  maxChunkDelayMs,
}: Delivery): DeliveryMessage {
  return {
    heartbeatInterval: heartbeatIntervalMs === 0 ? undefined : toDurationMessage(heartbeatIntervalMs),
    slowReaderLimit: slowReaderLimitMs === undefined ? undefined : toDurationMessage(slowReaderLimitMs),
    maxChunkDelay: toDurationMessage(maxChunkDelayMs),
  };
}
