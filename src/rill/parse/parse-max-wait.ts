import type { Scheduling } from "../../../generated/rill/v1/scheduling.js";
import type { Limits } from "../../core/limits.js";
import { parseDurationMs } from "./number-field.js";
import type { Violations } from "../../core/violations.js";

/** The longest that a call would wait in line; undefined where it sets no bound. */
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
