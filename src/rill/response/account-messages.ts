import type { Timings as TimingsMessage } from "../../../generated/rill/v1/timings.js";
import type { Usage as UsageMessage } from "../../../generated/rill/v1/usage.js";
import type { Timings, Usage } from "../../core/generation-report.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";

/** Converts token counts to Usage: output = delivered + undelivered. */
export function toUsageMessage(usage: Usage): UsageMessage {
  return {
    inputTokens: usage.inputTokens,
    reusedInputTokens: usage.reusedInputTokens,
    outputTokens: usage.outputTokens,
    reasoningOutputTokens: usage.reasoningTokens ?? 0,
    deliveredOutputTokens: usage.deliveredTokens,
    undeliveredOutputTokens: usage.outputTokens - usage.deliveredTokens,
  };
}

/** Converts times to Timings. The parts are rounded to the nanosecond, and the total is the sum of the rounded parts. */
export function toTimingsMessage(timings: Timings): TimingsMessage {
  const parts = {
    queue: toDurationMessage(timings.queueMs),
    prepare: toDurationMessage(timings.prepareMs),
    prefill: toDurationMessage(timings.prefillMs),
    decode: toDurationMessage(timings.decodeMs),
    parked: toDurationMessage(timings.parkedMs),
  };
  const totalMs = Object.values(parts).reduce((sum, { seconds, nanos }) => sum + seconds * 1_000 + nanos / 1e6, 0);
  const { timeToFirstTokenMs } = timings;
  return {
    ...parts,
    total: toDurationMessage(totalMs),
    timeToFirstToken: timeToFirstTokenMs === undefined ? undefined : toDurationMessage(timeToFirstTokenMs),
  };
}
