import type { Duration } from "../../../generated/google/protobuf/duration.js";

const NANOS_PER_MS = 1e6;
const NANOS_PER_SECOND = 1e9;

/** Converts milliseconds to a google.protobuf.Duration, to the nanosecond. A negative time becomes zero. A Timestamp has the same shape. */
export function toDurationMessage(ms: number): Duration {
  const positiveMs = Math.max(ms, 0);
  const seconds = Math.floor(positiveMs / 1_000);
  const nanos = Math.round((positiveMs - seconds * 1_000) * NANOS_PER_MS);
  return nanos < NANOS_PER_SECOND ? { seconds, nanos } : { seconds: seconds + 1, nanos: 0 };
}
