import { counted } from "../../core/counted.js";
import type {
  CompletedJson,
  ContextTrimmedJson,
  TurnEventsJson,
  UnheldKeywordJson,
} from "../command/generation-json.js";

/** A conversation whose model waits for results of tool calls. */
export interface WaitingConversation {
  readonly ids: readonly string[];
  /** The session, or undefined if the conversation is in none. */
  readonly sessionId: string | undefined;
  /** The file with the conversation, or undefined if it was not saved. */
  readonly savedPath: string | undefined;
}

/** Tells the user how to continue. Ids come from a model or a server, so they are quoted if a shell would interpret them. */
export function pendingCallsText({ ids, sessionId, savedPath }: WaitingConversation): string {
  const what = ids.length === 1 ? "the result of its call" : `the results of its ${ids.length} calls`;
  const results = ids.map((id) => `--tool-result ${shellWord(id)}=FILE`).join(" ");
  const begin = `the model waits for ${what}`;
  if (sessionId !== undefined) return `${begin}; continue with --session ${shellWord(sessionId)} --tools … ${results}`;
  if (savedPath !== undefined) return `${begin}; continue with --messages ${shellWord(savedPath)} --tools … ${results}`;
  return `${begin}; to continue with ${results}, keep the conversation: --save-messages FILE or --session`;
}

function shellWord(text: string): string {
  return /^[\w.,:/+@-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", "'\\''").replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?")}'`;
}

/** Tells the user how much of the session the model did not see. */
export function trimmedText({ droppedTurns = 0, keptTurns = 0 }: ContextTrimmedJson): string {
  const dropped = droppedTurns === 1 ? "the oldest turn" : `the oldest ${droppedTurns} turns`;
  return `the session is longer than the context: the model does not see ${dropped} of it (it sees ${keptTurns})`;
}

/** The most keywords that are told one by one. */
const MAX_UNHELD = 8;

/** Tells the user which keywords of schemas the answer is not held to, one in a line. */
export function unheldText(keywords: readonly UnheldKeywordJson[]): readonly string[] {
  const lines = keywords.slice(0, MAX_UNHELD).map(({ field = "", pointer = "", description = "" }) => {
    const place = pointer === "" ? field : `${field} at ${pointer}`;
    return `not held: ${place}: ${description}`.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?");
  });
  const more = keywords.length - lines.length;
  return more > 0 ? [...lines, `not held: ${more} more`] : lines;
}

/** Summarises a completed generation in one line: its tokens, its speed, its finish reason and its turn. */
export function summarize(end: CompletedJson & TurnEventsJson): string {
  const { finishReason, usage, timings } = end;
  const outputTokens = usage?.outputTokens ?? 0;
  const decodeSeconds = secondsOf(timings?.decode);
  const firstTokenSeconds = secondsOf(timings?.timeToFirstToken);
  const parts = [
    `${inputOf(usage)}, ${counted(outputTokens, "token")} out`,
    ...(decodeSeconds === undefined || decodeSeconds === 0 ? [] : [`${rate(outputTokens / decodeSeconds)} tok/s`]),
    ...(firstTokenSeconds === undefined ? [] : [`first token after ${inUnit(firstTokenSeconds)}`]),
    finishReason?.replace(/^FINISH_REASON_/, "") ?? "no finish reason",
    ...turnOf(end),
  ];
  return parts.join(", ");
}

/** The finish reasons of an output that the model itself ended. */
const COMPLETE: ReadonlySet<string> = new Set(["CONSTRAINT_COMPLETE", "END_OF_TURN", "TOOL_CALLS"]);

/** Says why the answer may lack its end. Returns undefined for one that has it. */
export function cutOffText({ finishReason = "" }: CompletedJson): string | undefined {
  const reason = finishReason.replace(/^FINISH_REASON_/, "");
  return COMPLETE.has(reason) ? undefined : `the answer was cut off and may not have the form asked for: ${reason}`;
}

function turnOf({ turn, sessionRevision, contextTrimmed }: CompletedJson & TurnEventsJson): string[] {
  const dropped = contextTrimmed?.droppedTurns ?? 0;
  return [
    ...(turn?.number === undefined ? [] : [`turn ${turn.number}`]),
    ...(sessionRevision === undefined ? [] : [`revision ${sessionRevision}`]),
    ...(dropped === 0 ? [] : [`${counted(dropped, "turn")} dropped`]),
  ];
}

function inputOf(usage: CompletedJson["usage"]): string {
  const reused = usage?.reusedInputTokens ?? 0;
  return `${counted(usage?.inputTokens ?? 0, "token")} in${reused === 0 ? "" : ` (${reused} reused)`}`;
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
