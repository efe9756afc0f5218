import { Lane as LaneMessage, type Scheduling } from "../../../generated/rill/v1/scheduling.js";
import type { Lane } from "../../core/generation-request.js";
import type { Violations } from "../../core/violations.js";
import type { Limits } from "../../core/limits.js";
import { parseDurationMs } from "./number-field.js";

/** Parses the lane that a call waits in. */
export function parseLane(scheduling: Scheduling | undefined, fallback: Lane, violations: Violations): Lane {
  const lane = scheduling?.lane;
  switch (lane) {
    case undefined:
      return fallback;
    case LaneMessage.INTERACTIVE:
      return "interactive";
    case LaneMessage.BATCH:
      return "batch";
    default:
      // An unknown number has the type of a known one.
      violations.add("scheduling.lane", `is ${lane}, which is no lane`);
      return fallback;
  }
}

/** Parses the longest time in the queue. Returns undefined if the request has none. */
export function parseMaxWait(
  scheduling: Scheduling | undefined,
  { maxCallerWaitMs }: Pick<Limits, "maxCallerWaitMs">,
  violations: Violations,
): number | undefined {
  const value = scheduling?.maxWait;
  if (value === undefined) return undefined;
  return parseDurationMs(
    { field: "scheduling.max_wait", value, fallback: 0, min: 0, max: maxCallerWaitMs },
    violations,
  );
}
