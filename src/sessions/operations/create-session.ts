import type { Session } from "../session.js";
import { reserveSession } from "./session-quota.js";
import { encodeLabels, toSession } from "./session-rows.js";
import type { CreateSession } from "../session-store.js";
import type { StoreResult } from "../store-problem.js";
import type { StoreAccess, Work } from "./store-work.js";
import type { SessionRow } from "../database/tables.js";
import { findExcess, newTurnRow } from "./turn-rows.js";

export async function createSession(access: StoreAccess, request: CreateSession): Promise<StoreResult<Session>> {
  return await access.write(async (work) => {
    const repeated = await findCreated(work, request);
    if (repeated !== undefined) return { ok: true, value: toSession(repeated) };
    const empty = newSessionRow(work, request);
    const turn = newTurnRow({ ...empty, revision: 0 }, request.messages, work.nowMs);
    const hasTurn = request.messages.length > 0;
    const excess = hasTurn ? findExcess(work, empty, turn) : undefined;
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

/**
 * Finds the session that the same call has made before. A session of that id that has changed since belongs to another caller, which must not happen.
 */
export async function findCreated(
  { trx }: Work,
  { owner, sessionId }: { readonly owner: string; readonly sessionId: string },
): Promise<SessionRow | undefined> {
  const row = await trx.selectFrom("rill_sessions").selectAll().where("session_id", "=", sessionId).executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.owner !== owner || row.revision !== 1) throw new Error("a session of that id is there already");
  return row;
}

/** Returns the row of a session without turns. */
export function newSessionRow(
  { nowMs }: Work,
  {
    owner,
    sessionId,
    labels,
    idleMs,
  }: { owner: string; sessionId: string; labels: ReadonlyMap<string, string>; idleMs: number },
): SessionRow {
  return {
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
}
