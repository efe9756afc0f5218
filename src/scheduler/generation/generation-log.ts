import type { Logger } from "../../telemetry/logger.js";
import { printableText } from "../../telemetry/log-text.js";
import type { GenerationRecord } from "./generation-record.js";

/** Logs one line for a generation that has ended. A generation that was never accepted is logged at debug level. */
export function logEnd(log: Logger, record: GenerationRecord): void {
  if (!record.accepted) log.debug(() => fieldsOf(record), "generation ended before it was accepted");
  else if (record.outcome === "SLOW_READER") log.warn(fieldsOf(record), "generation ended: its reader was too slow");
  else log.info(fieldsOf(record), "generation ended");
}

function fieldsOf(record: GenerationRecord): object {
  const { generationId, requestId, lane, labels, origin } = record.identity;
  return {
    generationId,
    requestId: requestId === undefined ? undefined : printableText(requestId),
    ...origin,
    lane,
    labels: labels.size === 0 ? undefined : printableLabels(labels),
    outcome: record.outcome,
    ...record.account.usage(),
    ...roundedMs(record.timings()),
    ...roundedMs(record.account.departure() ?? {}),
  };
}

function printableLabels(labels: ReadonlyMap<string, string>): object {
  return Object.fromEntries([...labels].map(([key, value]) => [printableText(key), printableText(value)]));
}

/** Rounds to the microsecond, because more digits only make the lines longer. */
function roundedMs(times: object): Record<string, unknown> {
  const entries = Object.entries(times).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === "number" ? Math.round(value * 1_000) / 1_000 : value,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}
