import type { GenerationEnd, GenerationTurn } from "../command/generation-answer.js";

/** One line about a generation that came to its end: what it took, how fast it went, why it ended, and what it added to its session. */
export function summarize(end: GenerationEnd & GenerationTurn): string {
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

function turnOf({ turn, sessionRevision, contextTrimmed }: GenerationEnd & GenerationTurn): string[] {
  const dropped = contextTrimmed?.droppedTurns ?? 0;
  return [
    ...(turn?.number === undefined ? [] : [`turn ${turn.number}`]),
    ...(sessionRevision === undefined ? [] : [`revision ${sessionRevision}`]),
    ...(dropped === 0 ? [] : [`${turns(dropped)} dropped`]),
  ];
}

function inputOf(usage: GenerationEnd["usage"]): string {
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

/** Of a duration as protobuf writes it in JSON: "1.500s". */
function secondsOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.slice(0, -1));
}
