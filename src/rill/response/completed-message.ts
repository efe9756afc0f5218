import type { Completed } from "../../../generated/rill/v1/generation_event.js";
import type { FinishedEvent } from "../../core/generation-event.js";
import { toTimingsMessage, toUsageMessage } from "./account-messages.js";
import { toFinishReasonMessage, toStopMatchMessage } from "./state-messages.js";

/** @param textSha256 of all chunks' text in UTF-8 */
export function toCompletedMessage(event: FinishedEvent, textSha256: Buffer): Completed {
  return {
    finishReason: toFinishReasonMessage(event.reason),
    stopMatch: toStopMatchMessage(event.stopMatch),
    incompleteText: event.incompleteText,
    textSha256,
    usage: toUsageMessage(event.usage),
    timings: toTimingsMessage(event.timings),
    restarts: event.restarts,
  };
}
