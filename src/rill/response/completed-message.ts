import type { Completed } from "../../../generated/rill/v1/generation_event.js";
import type { FinishedEvent } from "../../core/generation-event.js";
import { toTimingsMessage, toUsageMessage } from "./account-messages.js";
import { toFinishReasonMessage, toStopMatchMessage } from "./state-messages.js";

/** @param textSha256 the digest of the UTF-8 text of all chunks */
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
