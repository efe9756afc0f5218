import { Lane as LaneMessage, type Scheduling } from "../../../generated/rill/v1/scheduling.js";
import type { Lane } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { Violations } from "../../core/generation-error.js";
import { parseOptionalDurationMs } from "./number-field.js";

/** How a call waits, as its caller gave it. */
export interface RequestedScheduling {
  readonly lane: Lane | undefined;
  /** The longest time in the queue. */
  readonly maxWaitMs: number | undefined;
}

export function parseScheduling(
  scheduling: Scheduling | undefined,
  { maxCallerWaitMs }: Pick<Limits, "maxCallerWaitMs">,
  violations: Violations,
): RequestedScheduling {
  const field = "scheduling.max_wait";
  const maxWait = { field, value: scheduling?.maxWait, min: 0, max: maxCallerWaitMs };
  return {
    lane: parseLane(scheduling?.lane, violations),
    maxWaitMs: parseOptionalDurationMs(maxWait, violations),
  };
}

function parseLane(lane: LaneMessage | undefined, violations: Violations): Lane | undefined {
  switch (lane) {
    case undefined:
      return undefined;
    case LaneMessage.INTERACTIVE:
      return "interactive";
    case LaneMessage.BATCH:
      return "batch";
    default:
      // An unknown number has the type of a known one.
      violations.add("scheduling.lane", `is ${lane}, which is no lane`);
      return undefined;
  }
}
