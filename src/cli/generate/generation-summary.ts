import type { CompletedJson, TurnEventsJson } from "../command/generation-json.js";

/** Summarises a completed generation in one line: its tokens, its speed, its finish reason and its turn. */
export function summarize(end: CompletedJson & TurnEventsJson): string {
  const { finishReason, usage, timings } = end;
  const outputTokens = usage?.outputTokens ?? 0;
  const decodeSeconds = secondsOf(timings?.decode);
  const firstTokenSeconds = secondsOf(timings?.timeToFirstToken);
  const parts = [
    `${inputOf(usage)}, ${tokens(outputTokens)} out`,
    ...(decodeSeconds === undefined || decodeSeconds === 0 ? [] : [`${rate(outputTokens / decodeSeconds)} tok/s`]),
    ...(firstTokenSeconds === undefined ? [] : [`first token after ${inUnit(firstTokenSeconds)}`]),
    finishReason?.replace(/^FINISH_REASON_/, "") ?? "no finish reason",
    ...turnOf(end),
  ];
  return parts.join(", ");
}

function turnOf({ turn, sessionRevision, contextTrimmed }: CompletedJson & TurnEventsJson): string[] {
  const dropped = contextTrimmed?.droppedTurns ?? 0;
  return [
    ...(turn?.number === undefined ? [] : [`turn ${turn.number}`]),
    ...(sessionRevision === undefined ? [] : [`revision ${sessionRevision}`]),
    ...(dropped === 0 ? [] : [`${turns(dropped)} dropped`]),
  ];
}

function inputOf(usage: CompletedJson["usage"]): string {
  const reused = usage?.reusedInputTokens ?? 0;
  return `${tokens(usage?.inputTokens ?? 0)} in${reused === 0 ? "" : ` (${reused} reused)`}`;
}

function tokens(count: number): string {
  return count === 1 ? "1 token" : `${count} tokens`;
}

function turns(count: number): string {
  return count === 1 ? "1 turn" : `${count} turns`;
}

function rate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}

function inUnit(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1_000).toFixed(0)} ms` : `${seconds.toFixed(1)} s`;
}

/** Parses a duration in the JSON form of protobuf, such as "1.500s". */
function secondsOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.slice(0, -1));
}
