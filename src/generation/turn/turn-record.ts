import { createHash } from "node:crypto";
import { GenerationError } from "../../core/generation-error.js";
import type { CompletedEvent, FinishedEvent, OutputEvent, TextEvent } from "../../core/generation-message.js";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import type { RepeatedTurn } from "../../sessions/session-store.js";
import type { Turn } from "../../sessions/session.js";
import type { OldRecordReader } from "../claim/generation-call.js";
import type { CompletedResult, GenerationOpening } from "../claim/reading.js";
import { readStoredWords, writeStoredWords } from "../output/stored-words.js";

/** Records without a version hold messages of rill.v1. */
const VERSION = 2;

/** A record as it is stored with its turn, in core words. The answer's text is the turn's own. */
interface TurnRecord extends GenerationOpening {
  readonly v: typeof VERSION;
  /** undefined: it was more than is kept. */
  readonly output: readonly RecordedPart[] | undefined;
  readonly completed: Omit<CompletedEvent, "sessionRevision">;
}

/** A part of the answer has the length of its text in UTF-16 units in the place of the text. */
type RecordedPart = Exclude<OutputEvent, TextEvent> | TextEvent | (Omit<TextEvent, "text"> & { answerLength: number });

/** The record of a turn that has come to its proper end: everything that a repeat of it is answered with beside the answer's text. */
export function writeTurnRecord(
  { accepted, contextTrimmed }: GenerationOpening,
  { end, answer, output }: { end: FinishedEvent; answer: string; output: readonly OutputEvent[] | undefined },
): string {
  const record: TurnRecord = {
    v: VERSION,
    accepted,
    contextTrimmed,
    output: output?.map(recordPart),
    completed: {
      ...end,
      type: "completed",
      // Whoever repeats the turn gets all of it.
      usage: { ...end.usage, deliveredTokens: end.usage.outputTokens },
      textSha256: createHash("sha256").update(answer).digest(),
    },
  };
  return writeStoredWords(record);
}

/**
 * Returns the record of a turn that has ended, for a repeat of it.
 * @throws GenerationError TURN_ENDED if the turn has no proper end: to run it again would ask its question twice
 */
export function requireRecord({ turn, record }: RepeatedTurn): string {
  if (record !== undefined) return record;
  const { number, status, outcome, endRevision } = turn;
  throw new GenerationError("TURN_ENDED", `the turn has ended before its answer was whole: it is ${status}`, {
    facts: {
      turn: String(number),
      status,
      error_reason: outcome?.error ?? "",
      revision: String(endRevision ?? ""),
    },
  });
}

/** Reads the result of a turn from its record. @throws Error for the record of a later release */
export function readTurnRecord(
  text: string,
  { answer, endRevision }: Pick<Turn, "answer" | "endRevision">,
  readOldRecord: OldRecordReader,
): CompletedResult {
  const stored = readStoredWords(text);
  const isOld = !isJsonObject(stored) || stored.v === undefined;
  const result = isOld ? readOldRecord(stored, answer) : readPresentRecord(stored, answer);
  return { ...result, completed: { ...result.completed, sessionRevision: endRevision } };
}

function readPresentRecord(stored: JsonObject, answer: string): CompletedResult {
  if (stored.v !== VERSION) throw new Error("the record of a turn was written by a later release");
  const { accepted, contextTrimmed, output, completed } = stored as unknown as TurnRecord;
  let at = 0;
  const readPart = (part: RecordedPart): OutputEvent => {
    if (!("answerLength" in part)) return part;
    const { answerLength, ...facts } = part;
    return { ...facts, text: answer.slice(at, (at += answerLength)) };
  };
  return {
    accepted,
    contextTrimmed,
    output: output?.map(readPart),
    completed: { ...completed, sessionRevision: undefined },
  };
}

function recordPart(part: OutputEvent): RecordedPart {
  if (part.type !== "text" || part.channel !== "answer") return part;
  const { text, ...facts } = part;
  return { ...facts, answerLength: text.length };
}
