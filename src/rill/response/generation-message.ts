import { FinishReason as FinishReasonMessage } from "../../../generated/rill/v1/finish.js";
import type { Generation } from "../../../generated/rill/v1/generation.js";
import { GenerationState as GenerationStateMessage } from "../../../generated/rill/v1/generation_state.js";
import { Lane as LaneMessage } from "../../../generated/rill/v1/scheduling.js";
import type { Timings as TimingsMessage } from "../../../generated/rill/v1/timings.js";
import type { Usage as UsageMessage } from "../../../generated/rill/v1/usage.js";
import type { GenerationEnd, GenerationReport, GenerationState, Timings, Usage } from "../../core/generation-report.js";
import type { Lane } from "../../core/generation-request.js";
import type { FinishReason } from "../../core/run-end.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import { STATUS_OF_CODE } from "../../grpc/status/status-table.js";

const FINISH_REASONS: Readonly<Record<FinishReason, FinishReasonMessage>> = {
  end_of_turn: FinishReasonMessage.END_OF_TURN,
  stop_sequence: FinishReasonMessage.STOP_SEQUENCE,
  stop_token: FinishReasonMessage.STOP_TOKEN,
  max_tokens: FinishReasonMessage.MAX_TOKENS,
  context_length: FinishReasonMessage.CONTEXT_LENGTH,
  time_limit: FinishReasonMessage.TIME_LIMIT,
  tool_calls: FinishReasonMessage.TOOL_CALLS,
  constraint_complete: FinishReasonMessage.CONSTRAINT_COMPLETE,
  repetition: FinishReasonMessage.REPETITION,
  cancelled_softly: FinishReasonMessage.CANCELLED_SOFTLY,
};

const GENERATION_STATES: Readonly<Record<GenerationState, GenerationStateMessage>> = {
  preparing: GenerationStateMessage.PREPARING,
  waiting: GenerationStateMessage.WAITING,
  prefilling: GenerationStateMessage.PREFILLING,
  running: GenerationStateMessage.RUNNING,
  parked: GenerationStateMessage.PARKED,
  preempted: GenerationStateMessage.PREEMPTED,
  ended: GenerationStateMessage.ENDED,
};

/** Converts a generation of the ledger. */
export function toGenerationMessage(report: GenerationReport, { modelDigest }: { modelDigest: string }): Generation {
  const { generationId, requestId, seed, createdMs, timings, end } = report;
  return {
    generationId,
    requestId,
    lane: toLaneMessage(report.lane),
    state: toGenerationStateMessage(report.state),
    usage: toUsageMessage(report.usage),
    timings: toTimingsMessage(timings),
    end: toEndMessage(end),
    createdTime: toDurationMessage(createdMs),
    endedTime: end === undefined ? undefined : toDurationMessage(createdMs + timings.totalMs),
    labels: new Map(report.labels),
    seed,
    modelDigest,
  };
}

function toEndMessage(end: GenerationEnd | undefined): Generation["end"] {
  switch (end?.type) {
    case undefined:
      return undefined;
    case "finished":
      return { $case: "finishReason", value: toFinishReasonMessage(end.reason) };
    case "failed":
      return { $case: "status", value: { code: STATUS_OF_CODE[end.code], reason: end.code, message: end.message } };
  }
}

export function toGenerationStateMessage(state: GenerationState): GenerationStateMessage {
  return GENERATION_STATES[state];
}

export function toFinishReasonMessage(reason: FinishReason): FinishReasonMessage {
  return FINISH_REASONS[reason];
}

export function toLaneMessage(lane: Lane): LaneMessage {
  return lane === "interactive" ? LaneMessage.INTERACTIVE : LaneMessage.BATCH;
}

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
