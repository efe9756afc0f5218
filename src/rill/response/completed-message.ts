import type { Completed } from "../../../generated/rill/v1/generation_event.js";
import type { CompletedEvent } from "../../core/generation-message.js";
import { toTimingsMessage, toUsageMessage } from "./account-messages.js";
import { asBuffer } from "./logprobs-message.js";
import { toFinishReasonMessage, toStopMatchMessage } from "./state-messages.js";

export function toCompletedMessage(event: CompletedEvent): Completed {
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
