import { createHash } from "node:crypto";
import { Accepted, Chunk, Completed, ContextTrimmed } from "../../../generated/rill/v1/generation_event.js";
import type { FinishedEvent } from "../../core/generation-event.js";
import type { Turn } from "../../sessions/session.js";
import type { Opening } from "../generation/opening.js";
import type { CompletedResult } from "../generation/stored-results.js";
import { toCompletedMessage } from "../response/completed-message.js";

/** The text of a stored turn's record: messages of the contract in base64. The answer is not in it, for the turn has it. */
interface TurnRecord {
  readonly accepted: string;
  readonly contextTrimmed?: string | undefined;
  /** undefined: it was more than is kept. */
  readonly chunk?: string | undefined;
  readonly completed: string;
}

/** What a repeat of a turn is answered with, beside the answer itself: to be stored with the turn. */
export function writeTurnRecord(
  { accepted, contextTrimmed }: Opening,
  { end, text, chunk }: { end: FinishedEvent; text: string; chunk: Chunk | undefined },
): string {
  // Whoever repeats the turn gets all of it.
  const usage = { ...end.usage, deliveredTokens: end.usage.outputTokens };
  const completed = toCompletedMessage({ ...end, usage }, createHash("sha256").update(text).digest());
  const record: TurnRecord = {
    accepted: toBase64(Accepted.encode(accepted)),
    contextTrimmed: contextTrimmed && toBase64(ContextTrimmed.encode(contextTrimmed)),
    chunk: chunk && toBase64(Chunk.encode({ ...chunk, text: "" })),
    completed: toBase64(Completed.encode(completed)),
  };
  return JSON.stringify(record);
}

export function readTurnRecord(text: string, turn: Pick<Turn, "answer" | "endRevision">): CompletedResult {
  const { accepted, contextTrimmed, chunk, completed } = JSON.parse(text) as TurnRecord;
  return {
    accepted: Accepted.decode(fromBase64(accepted)),
    contextTrimmed: contextTrimmed === undefined ? undefined : ContextTrimmed.decode(fromBase64(contextTrimmed)),
    chunk: chunk === undefined ? undefined : { ...Chunk.decode(fromBase64(chunk)), text: turn.answer },
    completed: { ...Completed.decode(fromBase64(completed)), sessionRevision: turn.endRevision },
  };
}

function toBase64(message: { finish(): Uint8Array }): string {
  return Buffer.from(message.finish()).toString("base64");
}

function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, "base64");
}
