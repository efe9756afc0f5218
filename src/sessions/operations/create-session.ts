import type { Session } from "../session.js";
import type { CreateSession, ForkSession } from "../session-store.js";
import type { StoreProblem, StoreResult } from "../store-problem.js";
import type { SessionRow } from "../database/store-database.js";
import { sql } from "../database/kysely.js";
import { encodeLabels, findQuotaExcess, reserveSession, toSession, usedRow } from "./session-rows.js";
import type { StoreAccess, Work } from "./store-work.js";
import { findExcess, newTurnRow } from "./turn-rows.js";
import { lockSession } from "./turn-lease.js";

export async function createSession(access: StoreAccess, request: CreateSession): Promise<StoreResult<Session>> {
  return await access.write(async (work) => {
    const repeated = await findCreated(work, request);
    if (repeated !== undefined) return { ok: true, value: toSession(repeated) };
    const empty = newSessionRow(work, request);
    const turn = newTurnRow({ ...empty, revision: 0 }, request.messages, work.nowMs);
    const hasTurn = request.messages.length > 0;
    const added = { sessions: 1, bytes: hasTurn ? turn.bytes : 0 };
    const excess =
      (hasTurn ? findExcess(work, empty, turn) : undefined) ?? (await findQuotaExcess(work, request.owner, added));
    if (excess !== undefined) return { ok: false, problem: excess };
    if (!(await reserveSession(work, request.owner))) {
      return { ok: false, problem: { type: "too_many_sessions", limit: work.limits.sessions } };
    }
    const row = hasTurn ? { ...empty, turns: 1, bytes: turn.bytes } : empty;
    await work.trx.insertInto("rill_sessions").values(row).execute();
    if (hasTurn) await work.trx.insertInto("rill_turns").values(turn).execute();
    return { ok: true, value: toSession(row) };
  });
}

export async function forkSession(access: StoreAccess, request: ForkSession): Promise<StoreResult<Session>> {
  return await access.write(async (work) => {
    const { owner, forkId } = request;
    const repeated = await findCreated(work, { owner, sessionId: forkId });
    if (repeated !== undefined) return { ok: true, value: toSession(repeated) };
    // The session is locked before the owner's quota: see releaseSession.
    const origin = await lockSession(work, request);
    if (origin === undefined) return { ok: false, problem: { type: "session_not_found" } };
    const atTurn = request.atTurn ?? (origin.running_turn === null ? origin.turns : origin.running_turn - 1);
    const bytes = await countBytes(work, origin, atTurn);
    const problem = findObstacle(origin, atTurn) ?? (await findQuotaExcess(work, owner, { sessions: 1, bytes }));
    if (problem !== undefined) return { ok: false, problem };
    if (!(await reserveSession(work, owner))) {
      return { ok: false, problem: { type: "too_many_sessions", limit: work.limits.sessions } };
    }
    const labels = request.labels ?? toSession(origin).labels;
    const empty = newSessionRow(work, { owner, sessionId: forkId, labels, idleMs: origin.idle_ms });
    const row = { ...empty, turns: atTurn, bytes };
    await work.trx.insertInto("rill_sessions").values(row).execute();
    await copyTurns(work, { origin, fork: row });
    return { ok: true, value: toSession(row) };
  });
}

function findObstacle(origin: SessionRow, atTurn: number): StoreProblem | undefined {
  if (atTurn > origin.turns) return { type: "turn_not_found", turns: origin.turns };
  const { running_turn: running, running_generation: generationId } = origin;
  return running !== null && atTurn >= running ? { type: "busy", generationId: generationId ?? "" } : undefined;
}

async function countBytes({ trx }: Work, origin: SessionRow, atTurn: number): Promise<number> {
  const { bytes } = await trx
    .selectFrom("rill_turns")
    .select((eb) => eb.cast<number>(eb.fn.coalesce(eb.fn.sum("bytes"), eb.lit(0)), "bigint").as("bytes"))
    .where("session_id", "=", origin.session_id)
    .where("number", "<=", atTurn)
    .executeTakeFirstOrThrow();
  return bytes;
}

/** Copies turns without their leases and idempotency keys, which belong to the calls that made them. */
async function copyTurns(
  { trx }: Work,
  { origin, fork }: { readonly origin: SessionRow; readonly fork: SessionRow },
): Promise<void> {
  const kept = [
    "owner",
    "number",
    "status",
    "messages",
    "continues",
    "answer",
    "reasoning",
    "tool_calls",
    "bytes",
    "generation_id",
    "outcome",
  ] as const;
  const times = ["created_ms", "ended_ms"] as const;
  await trx
    .insertInto("rill_turns")
    .columns(["session_id", "revision", "end_revision", ...kept, ...times])
    .expression((eb) =>
      eb
        .selectFrom("rill_turns")
        .select([
          sql<string>`${fork.session_id}`.as("session_id"),
          eb.lit(1).as("revision"),
          eb.lit(1).as("end_revision"),
          ...kept,
          ...times,
        ])
        .where("session_id", "=", origin.session_id)
        .where("number", "<=", fork.turns),
    )
    .execute();
}

/**
 * Finds the session that the same call has made before. A session of that id that has changed since belongs to another caller, which must not happen.
 */
async function findCreated(
  { trx }: Work,
  { owner, sessionId }: { readonly owner: string; readonly sessionId: string },
): Promise<SessionRow | undefined> {
  const row = await trx.selectFrom("rill_sessions").selectAll().where("session_id", "=", sessionId).executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.owner !== owner || row.revision !== 1) throw new Error("a session of that id is there already");
  return row;
}

/** Returns the row of a session without turns. */
function newSessionRow(
  work: Work,
  {
    owner,
    sessionId,
    labels,
    idleMs,
  }: { owner: string; sessionId: string; labels: ReadonlyMap<string, string>; idleMs: number },
): SessionRow {
  const { nowMs } = work;
  const row = {
    session_id: sessionId,
    owner,
    revision: 1,
    labels: encodeLabels(labels),
    turns: 0,
    bytes: 0,
    created_ms: nowMs,
    used_ms: nowMs,
    idle_ms: idleMs,
    expires_ms: nowMs + idleMs,
    fence: 0,
    running_turn: null,
    running_generation: null,
    lease_until_ms: null,
  };
  return usedRow(row, work);
}
