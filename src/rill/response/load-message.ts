import type { GenerationLoad as GenerationLoadMessage, Load } from "../../../generated/rill/v1/load.js";
import { LANES } from "../../core/generation-request.js";
import type { GenerationLoad, LoadSnapshot } from "../../core/load-snapshot.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import { toGenerationStateMessage, toLaneMessage, toLifecycleMessage } from "./state-messages.js";

/** Converts a snapshot of the load. */
export function toLoadMessage(load: LoadSnapshot): Load {
  return {
    state: toLifecycleMessage(load.lifecycle),
    slotsTotal: load.slots.total,
    slotsBusy: load.slots.busy,
    parked: load.parked,
    preempted: load.preempted,
    lanes: LANES.map((lane) => ({ lane: toLaneMessage(lane), ...load.queues[lane] })),
    estimatedWaitLow: toDurationMessage(load.estimatedWait.lowMs),
    estimatedWaitHigh: toDurationMessage(load.estimatedWait.highMs),
    kvTokensInUse: load.kvTokens.used,
    kvTokensTotal: load.kvTokens.capacity,
    decodedTokensTotal: load.totals.decodedTokens,
    prefilledTokensTotal: load.totals.inputTokens - load.totals.reusedInputTokens,
    reprefilledTokensTotal: load.totals.reprefilledTokens,
    draftTokensTotal: load.totals.draftTokens,
    acceptedDraftTokensTotal: load.totals.acceptedDraftTokens,
    preemptionsTotal: load.totals.preemptions,
    refusalsTotal: new Map(load.totals.refused),
    generations: load.generations.map(toGenerationLoadMessage),
  };
}

function toGenerationLoadMessage(generation: GenerationLoad): GenerationLoadMessage {
  return {
    generationId: generation.generationId,
    requestId: generation.requestId,
    state: toGenerationStateMessage(generation.state),
    lane: toLaneMessage(generation.lane),
    inputTokens: generation.inputTokens,
    decodedTokens: generation.decodedTokens,
    deliveredTokens: generation.deliveredTokens,
    age: toDurationMessage(generation.ageMs),
    timeInState: toDurationMessage(generation.inStateMs),
  };
}
