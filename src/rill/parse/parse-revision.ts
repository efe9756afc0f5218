import type { Violations } from "../../core/violations.js";

/** The revision that a session must have; undefined: whichever it is. */
export function parseRevision(
  { field, value }: { field: string; value: number | undefined },
  violations: Violations,
): number | undefined {
  if (value === 0) violations.add(field, "is 0; it must be at least 1");
  return value;
}
