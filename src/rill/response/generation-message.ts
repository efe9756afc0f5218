import type { Generation } from "../../../generated/rill/v1/generation.js";
import type { GenerationEnd, GenerationReport } from "../../core/generation-report.js";
import { STATUS_OF_CODE } from "../../grpc/status/status-table.js";
import { toTimingsMessage, toUsageMessage } from "./account-messages.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import { toFinishReasonMessage, toGenerationStateMessage, toLaneMessage } from "./state-messages.js";

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
