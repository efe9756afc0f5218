import { findCreated, newSessionRow } from "./create-session.js";
import { lockSession } from "./end-turn.js";
import { sql } from "../database/kysely.js";
import { reserveSession } from "./session-quota.js";
import type { Session } from "../session.js";
import { toSession } from "./session-rows.js";
import type { ForkSession } from "../session-store.js";
import type { StoreProblem, StoreResult } from "../store-problem.js";
import type { StoreAccess, Work } from "./store-work.js";
import type { SessionRow } from "../database/tables.js";

export async function forkSession(access: StoreAccess, request: ForkSession): Promise<StoreResult<Session>> {
  return await access.write(async (work) => {
    const { owner, forkId } = request;
    const repeated = await findCreated(work, { owner, sessionId: forkId });
    if (repeated !== undefined) return { ok: true, value: toSession(repeated) };
    // The session is locked before the owner's quota: see releaseSession.
    const origin = await lockSession(work, request);
    if (origin === undefined) return { ok: false, problem: { type: "session_not_found" } };
    const atTurn = request.atTurn ?? (origin.running_turn === null ? origin.turns : origin.running_turn - 1);
    const problem = findObstacle(origin, atTurn);
    if (problem !== undefined) return { ok: false, problem };
    if (!(await reserveSession(work, owner))) {
      return { ok: false, problem: { type: "too_many_sessions", limit: work.limits.sessions } };
    }
    const labels = request.labels ?? toSession(origin).labels;
    const empty = newSessionRow(work, { owner, sessionId: forkId, labels, idleMs: origin.idle_ms });
    const row = { ...empty, turns: atTurn, bytes: await countBytes(work, origin, atTurn) };
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
