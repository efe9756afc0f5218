import { createHash } from "node:crypto";
import type { Message } from "../core/conversation.js";
import type { Turn, TurnOutcome, TurnStatus } from "./session.js";
import type { StoreProblem } from "./store-problem.js";
import type { Work } from "./store-work.js";
import type { SessionRow, TurnRow } from "./tables.js";

export function toTurn(row: TurnRow): Turn {
  return {
    number: row.number,
    status: row.status as TurnStatus,
    messages: JSON.parse(row.messages) as Message[],
    continues: row.continues === 1,
    answer: JSON.parse(row.answer) as string,
    generationId: row.generation_id ?? undefined,
    outcome: row.outcome === null ? undefined : decodeOutcome(row.outcome),
    revision: row.revision,
    endRevision: row.end_revision ?? undefined,
    createdMs: row.created_ms,
    endedMs: row.ended_ms ?? undefined,
  };
}

/** JSON leaves out what is undefined; here it is said. */
function decodeOutcome(text: string): TurnOutcome {
  const { finishReason, error, usage } = JSON.parse(text) as Partial<TurnOutcome>;
  return { finishReason, error, usage };
}

export function encodeText(text: string): string {
  return JSON.stringify(text);
}

/** One way for all keys: of one length, and without a NUL. */
export function digestKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** What a new turn has whatever it is: the next number, and nothing of a generation. */
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

/** Why the session can't take this turn. undefined: it can. */
export function findExcess({ limits }: Work, session: SessionRow, turn: TurnRow): StoreProblem | undefined {
  if (session.turns >= limits.turns) return { type: "too_many_turns", limit: limits.turns };
  const bytes = session.bytes + turn.bytes;
  return bytes > limits.bytes ? { type: "too_many_bytes", bytes, limit: limits.bytes } : undefined;
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

/** What the end of a turn writes. */
export interface TurnEnding {
  readonly status: TurnStatus;
  /** Encoded. */
  readonly answer: string;
  readonly outcome: TurnOutcome;
  readonly record: string | undefined;
  readonly fence: number;
}

/** Writes the end of a running turn, and answers with what the turn now takes. */
export async function writeEnding(
  { trx, nowMs }: Work,
  turn: TurnRow,
  ending: TurnEnding & { endRevision: number },
): Promise<number> {
  const bytes = turn.bytes + Buffer.byteLength(ending.answer);
  await trx
    .updateTable("rill_turns")
    .set({
      status: ending.status,
      answer: ending.answer,
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
