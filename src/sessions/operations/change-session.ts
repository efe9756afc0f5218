import type { Session } from "../session.js";
import type { AppendMessages, DeleteSession, UpdateSession } from "../session-store.js";
import type { StoreResult } from "../store-problem.js";
import { lockSession } from "./turn-lease.js";
import {
  changedRow,
  encodeLabels,
  findConflict,
  findQuotaExcess,
  releaseSession,
  saveSession,
  toSession,
} from "./session-rows.js";
import type { StoreAccess, Work } from "./store-work.js";
import { findExcess, newTurnRow } from "./turn-rows.js";

export async function updateSession(access: StoreAccess, request: UpdateSession): Promise<StoreResult<Session>> {
  return await access.write(async (work) => {
    const row = await lockSession(work, request);
    if (row === undefined) return { ok: false, problem: { type: "session_not_found" } };
    const conflict = findConflict(row, { revision: request.expectedRevision, idle: false });
    if (conflict !== undefined) return { ok: false, problem: conflict };
    const changed = changedRow(row, work, {
      labels: request.labels === undefined ? row.labels : encodeLabels(request.labels),
      idle_ms: request.idleMs ?? row.idle_ms,
    });
    await saveSession(work, changed);
    return { ok: true, value: toSession(changed) };
  });
}

export async function appendMessages(access: StoreAccess, request: AppendMessages): Promise<StoreResult<Session>> {
  return await access.write(async (work) => {
    const row = await lockSession(work, request);
    if (row === undefined) return { ok: false, problem: { type: "session_not_found" } };
    const turn = newTurnRow(row, request.messages, work.nowMs);
    const problem =
      findConflict(row, { revision: request.expectedRevision, idle: true }) ??
      findExcess(work, row, turn) ??
      (await findQuotaExcess(work, row.owner, { sessions: 0, bytes: turn.bytes }));
    if (problem !== undefined) return { ok: false, problem };
    const changed = changedRow(row, work, { turns: turn.number, bytes: row.bytes + turn.bytes });
    await saveSession(work, changed);
    await work.trx.insertInto("rill_turns").values(turn).execute();
    return { ok: true, value: toSession(changed) };
  });
}

export async function deleteSession(access: StoreAccess, request: DeleteSession): Promise<StoreResult<undefined>> {
  return await access.write(async (work) => {
    const row = await lockSession(work, request);
    if (row === undefined) return { ok: false, problem: { type: "session_not_found" } };
    const conflict = findConflict(row, { revision: request.expectedRevision, idle: true });
    if (conflict !== undefined) return { ok: false, problem: conflict };
    await removeSession(work, { owner: row.owner, sessionId: row.session_id });
    return { ok: true, value: undefined };
  });
}

/** Removes a session with its turns. The transaction holds the session's lock. */
export async function removeSession(
  work: Work,
  { owner, sessionId }: { readonly owner: string; readonly sessionId: string },
): Promise<void> {
  await work.trx.deleteFrom("rill_sessions").where("session_id", "=", sessionId).execute();
  work.noteDeletion();
  await releaseSession(work, owner);
}
