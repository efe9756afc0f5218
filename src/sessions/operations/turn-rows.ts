import { createHash } from "node:crypto";
import type { Message, ToolCall } from "../../core/conversation.js";
import type { AnswerParts, Turn, TurnOutcome, TurnStatus } from "../session.js";
import type { StoreProblem } from "../store-problem.js";
import type { SessionRow, TurnRow } from "../database/store-database.js";
import type { Work } from "./store-work.js";

type PartColumns = Pick<TurnRow, "reasoning" | "tool_calls">;

/** The columns that make a turn. They leave out the record of a repeat, which can be large. */
const TURN_COLUMNS = [
  "number",
  "status",
  "messages",
  "continues",
  "answer",
  "reasoning",
  "tool_calls",
  "generation_id",
  "outcome",
  "revision",
  "end_revision",
  "created_ms",
  "ended_ms",
] as const satisfies readonly (keyof TurnRow)[];

export function toTurn(row: Pick<TurnRow, (typeof TURN_COLUMNS)[number]>): Turn {
  return {
    number: row.number,
    status: row.status as TurnStatus,
    messages: JSON.parse(row.messages) as Message[],
    continues: row.continues === 1,
    answer: JSON.parse(row.answer) as string,
    ...decodeParts(row),
    generationId: row.generation_id ?? undefined,
    outcome: row.outcome === null ? undefined : decodeOutcome(row.outcome),
    revision: row.revision,
    endRevision: row.end_revision ?? undefined,
    createdMs: row.created_ms,
    endedMs: row.ended_ms ?? undefined,
  };
}

/** Restores the fields that JSON leaves out because they are undefined. */
function decodeOutcome(text: string): TurnOutcome {
  const { finishReason, error, usage } = JSON.parse(text) as Partial<TurnOutcome>;
  return { finishReason, error, usage };
}

function decodeParts({ reasoning, tool_calls: toolCalls }: PartColumns): AnswerParts {
  return {
    ...(reasoning === null ? {} : { reasoning: JSON.parse(reasoning) as string }),
    ...(toolCalls === null ? {} : { toolCalls: JSON.parse(toolCalls) as ToolCall[] }),
  };
}

export function encodeParts({ reasoning, toolCalls }: AnswerParts): PartColumns {
  return {
    reasoning: reasoning === undefined ? null : encodeText(reasoning),
    tool_calls: toolCalls === undefined ? null : JSON.stringify(toolCalls),
  };
}

export function encodeText(text: string): string {
  return JSON.stringify(text);
}

/** Returns the digest of a key, which has one length for all keys and no NUL. */
export function digestKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** Returns the row of a new turn with the next number and without a generation. */
export function newTurnRow(session: SessionRow, messages: readonly Message[], nowMs: number): TurnRow {
  const encoded = JSON.stringify(messages);
  return {
    session_id: session.session_id,
    owner: session.owner,
    number: session.turns + 1,
    status: "appended",
    messages: encoded,
    continues: 0,
    answer: encodeText(""),
    reasoning: null,
    tool_calls: null,
    bytes: Buffer.byteLength(encoded),
    generation_id: null,
    fence: null,
    key_digest: null,
    body_digest: null,
    outcome: null,
    record: null,
    revision: session.revision + 1,
    end_revision: session.revision + 1,
    created_ms: nowMs,
    ended_ms: nowMs,
  };
}

/** Returns the problem if the session has no room for this turn. undefined: it has room. */
export function findExcess({ limits }: Work, session: SessionRow, turn: TurnRow): StoreProblem | undefined {
  if (session.turns >= limits.turns) return { type: "too_many_turns", limit: limits.turns };
  const bytes = session.bytes + turn.bytes;
  return bytes > limits.bytes ? { type: "too_many_bytes", bytes, limit: limits.bytes } : undefined;
}

/** Reads the turns of a session with numbers above `after` and up to `last`, in their order. */
export async function readTurns(
  { trx }: Work,
  { session_id: sessionId }: SessionRow,
  { after, last }: { readonly after: number; readonly last: number },
): Promise<readonly Turn[]> {
  const rows = await trx
    .selectFrom("rill_turns")
    .select(TURN_COLUMNS)
    .where("session_id", "=", sessionId)
    .where("number", ">", after)
    .where("number", "<=", last)
    .orderBy("number")
    .execute();
  return rows.map(toTurn);
}

export async function findTurn(
  { trx }: Work,
  { session_id: sessionId }: SessionRow,
  turnNumber: number,
): Promise<TurnRow | undefined> {
  const query = trx.selectFrom("rill_turns").selectAll().where("session_id", "=", sessionId);
  return await query.where("number", "=", turnNumber).executeTakeFirst();
}

export async function findTurnByKey(
  { trx }: Work,
  { session_id: sessionId }: SessionRow,
  key: string,
): Promise<TurnRow | undefined> {
  const query = trx.selectFrom("rill_turns").selectAll().where("session_id", "=", sessionId);
  return await query.where("key_digest", "=", digestKey(key)).executeTakeFirst();
}

/** Returns the size of an answer with its parts. */
function answerBytes({ answer, reasoning, tool_calls: toolCalls }: PartColumns & Pick<TurnRow, "answer">): number {
  return Buffer.byteLength(answer) + Buffer.byteLength(reasoning ?? "") + Buffer.byteLength(toolCalls ?? "");
}

/** The end of a turn as it is written, with the answer and its parts encoded. */
export interface TurnEnding extends PartColumns {
  readonly status: TurnStatus;
  readonly answer: string;
  readonly outcome: TurnOutcome;
  readonly record: string | undefined;
  readonly fence: number;
}

/** Writes the end of a running turn, and returns the bytes that it adds to the turn. */
export async function writeEnding(
  { trx, nowMs }: Work,
  turn: TurnRow,
  ending: TurnEnding & { endRevision: number },
): Promise<number> {
  const { answer, reasoning, tool_calls } = ending;
  const bytes = turn.bytes + answerBytes(ending);
  await trx
    .updateTable("rill_turns")
    .set({
      status: ending.status,
      answer,
      reasoning,
      tool_calls,
      bytes,
      fence: ending.fence,
      outcome: JSON.stringify(ending.outcome),
      record: ending.record === undefined ? null : encodeText(ending.record),
      end_revision: ending.endRevision,
      ended_ms: nowMs,
    })
    .where("session_id", "=", turn.session_id)
    .where("number", "=", turn.number)
    .execute();
  return bytes - turn.bytes;
}
