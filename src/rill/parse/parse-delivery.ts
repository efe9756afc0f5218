import type { Delivery as DeliveryMessage } from "../../../generated/rill/v1/delivery.js";
import type { Delivery } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { parseDurationMs } from "./number-field.js";
import type { Violations } from "../../core/violations.js";

/** The shortest slow_reader_limit, which the contract fixes. A shorter one would hit ordinary pauses of a network. */
const MIN_SLOW_READER_LIMIT_MS = 1_000;

/** The delivery of Generate. */
const WITHOUT_STREAM: Delivery = Object.freeze({
  heartbeatIntervalMs: 0,
  slowReaderLimitMs: undefined,
  maxChunkDelayMs: 0,
});

/** Parses how a stream is delivered to its reader. Generate has no stream and refuses the group. */
export function parseDelivery(
  delivery: DeliveryMessage | undefined,
  { limits, streams }: { limits: Limits; streams: boolean },
  violations: Violations,
): Delivery {
  if (!streams) {
    if (delivery !== undefined) violations.add("delivery", "goes with GenerateStream only: Generate has no stream");
    return WITHOUT_STREAM;
  }
  if (delivery === undefined)
    return Object.freeze({ ...WITHOUT_STREAM, heartbeatIntervalMs: limits.defaultHeartbeatMs });
  const { heartbeatInterval, slowReaderLimit, maxChunkDelay } = delivery;
  const heartbeat = { fallback: limits.defaultHeartbeatMs, min: limits.minHeartbeatMs, max: limits.maxHeartbeatMs };
  const slowReader = { fallback: 0, min: MIN_SLOW_READER_LIMIT_MS, max: limits.maxSlowReaderLimitMs };
  const chunkDelay = { fallback: 0, min: 0, max: limits.maxChunkDelayMs };
  const slowReaderLimitMs = parseDurationMs(
    { field: "delivery.slow_reader_limit", value: slowReaderLimit, ...slowReader },
    violations,
  );
  return Object.freeze({
    heartbeatIntervalMs: parseDurationMs(
      { field: "delivery.heartbeat_interval", value: heartbeatInterval, ...heartbeat },
      violations,
    ),
    slowReaderLimitMs: slowReaderLimit === undefined ? undefined : slowReaderLimitMs,
    maxChunkDelayMs: parseDurationMs(
      { field: "delivery.max_chunk_delay", value: maxChunkDelay, ...chunkDelay },
      violations,
    ),
  });
}
