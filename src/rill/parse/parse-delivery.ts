import type { Delivery as DeliveryMessage } from "../../../generated/rill/v1/delivery.js";
import type { Delivery, Given } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { parseOptionalDurationMs } from "./number-field.js";
import type { Violations } from "../../core/generation-error.js";

/** The shortest slow_reader_limit, which the contract fixes. A shorter one would hit ordinary pauses of a network. */
const MIN_SLOW_READER_LIMIT_MS = 1_000;

/** Parses how a stream is delivered to its reader, as the caller gave it. Generate has no stream and refuses the group. */
export function parseDelivery(
  delivery: DeliveryMessage | undefined,
  { limits, streams }: { limits: Limits; streams: boolean },
  violations: Violations,
): Given<Delivery> {
  if (!streams) {
    if (delivery !== undefined)
      violations.add("delivery", "is valid only in GenerateStream, because Generate has no stream");
    return {};
  }
  if (delivery === undefined) return {};
  const { heartbeatInterval, slowReaderLimit, maxChunkDelay } = delivery;
  const heartbeat = { min: limits.minHeartbeatMs, max: limits.maxHeartbeatMs };
  const slowReader = { min: MIN_SLOW_READER_LIMIT_MS, max: limits.maxSlowReaderLimitMs };
  const chunkDelay = { min: 0, max: limits.maxChunkDelayMs };
  return Object.freeze({
    slowReaderLimitMs: parseOptionalDurationMs(
      { field: "delivery.slow_reader_limit", value: slowReaderLimit, ...slowReader },
      violations,
    ),
    heartbeatIntervalMs: parseOptionalDurationMs(
      { field: "delivery.heartbeat_interval", value: heartbeatInterval, ...heartbeat },
      violations,
    ),
    maxChunkDelayMs: parseOptionalDurationMs(
      { field: "delivery.max_chunk_delay", value: maxChunkDelay, ...chunkDelay },
      violations,
    ),
  });
}
