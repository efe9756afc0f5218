import type { Queued } from "../../../generated/rill/v1/generation_event.js";
import type { QueuePosition } from "../../core/generation-event.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";

/** A place in line. Both ends of the estimate are 0 where nothing was measured yet: then there is none to tell. */
export function toQueuedMessage({ position, waitLowMs, waitHighMs }: QueuePosition): Queued {
  const estimated = waitHighMs > 0;
  return {
    position,
    estimatedWaitLow: estimated ? toDurationMessage(waitLowMs) : undefined,
    estimatedWaitHigh: estimated ? toDurationMessage(waitHighMs) : undefined,
  };
}
