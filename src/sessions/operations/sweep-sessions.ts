import type { SessionKey } from "../session.js";
import type { Swept } from "../session-store.js";
import type { StoreResult } from "../store-problem.js";
import { removeSession } from "./change-session.js";
import { lockSession } from "./turn-lease.js";
import type { StoreAccess, Work } from "./store-work.js";

/** Sweeps each session in a transaction of its own, so that no call waits long for a sweep. */
export async function sweepSessions(access: StoreAccess, limit: number): Promise<StoreResult<Swept>> {
  const lost = await access.read((work) => findLost(work, limit + 1));
  for (const key of lost.slice(0, limit)) {
    await access.write(async (work) => await lockSession(work, key));
  }
  const expired = await access.read((work) => findExpired(work, limit + 1));
  let deletedSessions = 0;
  for (const key of expired.slice(0, limit)) {
    if (await access.write((work) => deleteExpired(work, key))) deletedSessions++;
  }
  access.purge();
  const more = lost.length > limit || expired.length > limit;
  return { ok: true, value: { endedTurns: Math.min(lost.length, limit), deletedSessions, more } };
}

async function findLost({ trx, nowMs }: Work, limit: number): Promise<readonly SessionKey[]> {
  return await trx
    .selectFrom("rill_sessions")
    .select(["owner", "session_id as sessionId"])
    .where("lease_until_ms", "<=", nowMs)
    .limit(limit)
    .execute();
}

async function findExpired({ trx, nowMs }: Work, limit: number): Promise<readonly SessionKey[]> {
  return await trx
    .selectFrom("rill_sessions")
    .select(["owner", "session_id as sessionId"])
    .where("expires_ms", "<=", nowMs)
    .where("running_turn", "is", null)
    .limit(limit)
    .execute();
}

/** Deletes an expired session. Returns false if it was used meanwhile, or if another process has deleted it. */
async function deleteExpired(work: Work, key: SessionKey): Promise<boolean> {
  const query = work.trx.selectFrom("rill_sessions").selectAll().where("session_id", "=", key.sessionId);
  const row = await query.$if(work.locksRows, (unlocked) => unlocked.forUpdate()).executeTakeFirst();
  if (row?.running_turn !== null || row.expires_ms > work.nowMs) return false;
  await removeSession(work, key);
  return true;
}
