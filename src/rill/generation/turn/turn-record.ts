import { createHash } from "node:crypto";
import { Accepted, Channel, Chunk, Completed, ContextTrimmed } from "../../../../generated/rill/v1/generation_event.js";
import type { FinishedEvent } from "../../../core/generation-event.js";
import type { Turn } from "../../../sessions/session.js";
import type { Opening } from "../opening.js";
import type { CompletedResult } from "../stored-results.js";
import { toCompletedMessage } from "../../response/completed-message.js";
import { decodeOutput, encodeOutput } from "../../response/encoded-output.js";
import type { OutputMessage } from "../../response/output-message.js";

/** The text of a stored turn's record: messages of the contract in base64. The answer's text is not in it, for the turn has it. */
interface TurnRecord {
  readonly accepted: string;
  readonly contextTrimmed?: string | undefined;
  /** An output that is one chunk of the answer. Releases before the other parts know no other output. */
  readonly chunk?: string | undefined;
  /** Any other; undefined, with `chunk`: it was more than is kept. */
  readonly output?: readonly RecordedPart[] | undefined;
  readonly completed: string;
}

interface RecordedPart {
  /** A part of the output, less what it has of the answer's text. */
  readonly message: string;
  /** How much of the answer's text it has, in UTF-16 units. Absent: it is no part of that, and whole. */
  readonly answerLength?: number | undefined;
}

/** What a repeat of a turn is answered with, beside the answer itself: to be stored with the turn. */
export function writeTurnRecord(
  { accepted, contextTrimmed }: Opening,
  { end, text, output }: { end: FinishedEvent; text: string; output: readonly OutputMessage[] | undefined },
): string {
  // Whoever repeats the turn gets all of it.
  const usage = { ...end.usage, deliveredTokens: end.usage.outputTokens };
  const completed = toCompletedMessage({ ...end, usage }, createHash("sha256").update(text).digest());
  const record: TurnRecord = {
    accepted: toBase64(Accepted.encode(accepted)),
    contextTrimmed: contextTrimmed && toBase64(ContextTrimmed.encode(contextTrimmed)),
    ...recordOutput(output),
    completed: toBase64(Completed.encode(completed)),
  };
  return JSON.stringify(record);
}

export function readTurnRecord(text: string, turn: Pick<Turn, "answer" | "endRevision">): CompletedResult {
  const { accepted, contextTrimmed, completed, ...made } = JSON.parse(text) as TurnRecord;
  return {
    accepted: Accepted.decode(fromBase64(accepted)),
    contextTrimmed: contextTrimmed === undefined ? undefined : ContextTrimmed.decode(fromBase64(contextTrimmed)),
    output: readOutput(made, turn.answer),
    completed: { ...Completed.decode(fromBase64(completed)), sessionRevision: turn.endRevision },
  };
}

function recordOutput(output: readonly OutputMessage[] | undefined): Pick<TurnRecord, "chunk" | "output"> {
  const [first, ...others] = output ?? [];
  if (first !== undefined && isAnswer(first) && others.length === 0) {
    return { chunk: toBase64(Chunk.encode({ ...first.value, text: "" })) };
  }
  return { output: output?.map(recordPart) };
}

function recordPart(part: OutputMessage): RecordedPart {
  if (!isAnswer(part)) return { message: encodePart(part) };
  const { text } = part.value;
  return { message: encodePart({ ...part, value: { ...part.value, text: "" } }), answerLength: text.length };
}

function readOutput(
  { chunk, output }: Pick<TurnRecord, "chunk" | "output">,
  answer: string,
): OutputMessage[] | undefined {
  if (chunk !== undefined) {
    // Of a record from before there were channels it is the answer's, too.
    const value = { ...Chunk.decode(fromBase64(chunk)), channel: Channel.ANSWER, text: answer };
    return value.text === "" && value.tokenCount === 0 ? [] : [{ $case: "chunk", value }];
  }
  let at = 0;
  return output?.map(({ message, answerLength }) => {
    const part = decodeOutput(fromBase64(message));
    if (answerLength === undefined || part.$case !== "chunk") return part;
    const text = answer.slice(at, (at += answerLength));
    return { ...part, value: { ...part.value, text } };
  });
}

function isAnswer(part: OutputMessage): part is Extract<OutputMessage, { $case: "chunk" }> {
  return part.$case === "chunk" && part.value.channel === Channel.ANSWER;
}

function encodePart(part: OutputMessage): string {
  return Buffer.from(encodeOutput(part)).toString("base64");
}

function toBase64(message: { finish(): Uint8Array }): string {
  return Buffer.from(message.finish()).toString("base64");
}

function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, "base64");
}
