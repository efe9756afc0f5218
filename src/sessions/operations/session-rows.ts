import type { Session, SessionKey } from "../session.js";
import type { StoreProblem } from "../store-problem.js";
import type { SessionRow } from "../database/store-database.js";
import type { Work } from "./store-work.js";

export function toSession(row: SessionRow): Session {
  return {
    sessionId: row.session_id,
    revision: row.revision,
    labels: new Map(JSON.parse(row.labels) as [string, string][]),
    turns: row.turns,
    bytes: row.bytes,
    createdMs: row.created_ms,
    usedMs: row.used_ms,
    idleMs: row.idle_ms,
    running:
      row.running_turn === null ? undefined : { number: row.running_turn, generationId: row.running_generation ?? "" },
  };
}

export function encodeLabels(labels: ReadonlyMap<string, string>): string {
  return JSON.stringify([...labels]);
}

/**
 * Reads a session's row. Returns undefined if the owner has no such session, or if it has been idle for too long and waits for a sweep.
 * @param lock true: nobody else changes the session before this transaction ends
 */
export async function findSession(
  { trx, nowMs, locksRows }: Work,
  { owner, sessionId }: SessionKey,
  lock: boolean,
): Promise<SessionRow | undefined> {
  // PostgreSQL fails on a NUL in a text, and no id has one.
  if (sessionId.includes("\0")) return undefined;
  const query = trx.selectFrom("rill_sessions").selectAll().where("session_id", "=", sessionId);
  const row = await query
    .where("owner", "=", owner)
    .$if(lock && locksRows, (unlocked) => unlocked.forUpdate())
    .executeTakeFirst();
  return row === undefined || isExpired(row, nowMs) ? undefined : row;
}

function isExpired(row: SessionRow, nowMs: number): boolean {
  return row.running_turn === null && row.expires_ms <= nowMs;
}

/** Returns the row after one more change, which adds 1 to its revision and counts as use. */
export function changedRow(row: SessionRow, work: UseWork, changes: Partial<SessionRow>): SessionRow {
  return usedRow({ ...row, ...changes, revision: row.revision + 1 }, work);
}

export function usedRow(row: SessionRow, { nowMs, limits }: UseWork): SessionRow {
  const usedMs = Math.max(row.used_ms, nowMs);
  const lastMs = limits.ageMs === undefined ? Infinity : row.created_ms + limits.ageMs;
  return { ...row, used_ms: usedMs, expires_ms: Math.min(usedMs + row.idle_ms, lastMs) };
}

/** The time of a use, and the bounds that decide when the session is deleted after it. */
type UseWork = Pick<Work, "nowMs" | "limits">;

/** Stores every column that can change. The transaction holds the row's lock. */
export async function saveSession({ trx }: Work, row: SessionRow): Promise<void> {
  const { session_id: sessionId, owner, created_ms: _createdMs, ...columns } = row;
  const { numUpdatedRows } = await trx
    .updateTable("rill_sessions")
    .set(columns)
    .where("session_id", "=", sessionId)
    .where("owner", "=", owner)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`a locked session was not there to be saved: ${numUpdatedRows} rows`);
}

/** Returns the problem of a change that needs this revision, or that needs that no turn runs. undefined: the change is possible. */
export function findConflict(
  row: SessionRow,
  needs: { readonly revision: number | undefined; readonly idle: boolean },
): StoreProblem | undefined {
  if (needs.revision !== undefined && needs.revision !== row.revision) {
    return { type: "revision_mismatch", revision: row.revision };
  }
  if (needs.idle && row.running_turn !== null) return { type: "busy", generationId: row.running_generation ?? "" };
  return undefined;
}

/** Adds a session to the owner's count. Returns false if the owner has reached its limit. */
export async function reserveSession({ trx, limits }: Work, owner: string): Promise<boolean> {
  const taken = await trx
    .insertInto("rill_owners")
    .values({ owner, sessions: 1 })
    .onConflict((conflict) =>
      conflict
        .column("owner")
        .doUpdateSet((eb) => ({ sessions: eb("rill_owners.sessions", "+", 1) }))
        .where("rill_owners.sessions", "<", limits.sessions),
    )
    .returning("sessions")
    .executeTakeFirst();
  return taken !== undefined;
}

/**
 * Returns the problem if the owner's tenant may not keep this much more. undefined: it may, until the transaction ends. The transaction holds the lock of
 * the session that grows, if there is one, and then gets that of the owner's count, so that no two add to the same room. The size of an answer counts once
 * it is stored.
 */
export async function findQuotaExcess(
  work: Work,
  owner: string,
  added: { readonly sessions: number; readonly bytes: number },
): Promise<StoreProblem | undefined> {
  const { trx, quota } = work;
  const isBounded =
    (added.sessions > 0 && quota.sessions !== undefined) || (added.bytes > 0 && quota.bytes !== undefined);
  if (!isBounded) return undefined;
  const { sessions } = await trx
    .insertInto("rill_owners")
    .values({ owner, sessions: 0 })
    .onConflict((conflict) =>
      conflict.column("owner").doUpdateSet((eb) => ({ sessions: eb.ref("rill_owners.sessions") })),
    )
    .returning("sessions")
    .executeTakeFirstOrThrow();
  const limit = quota.sessions ?? Infinity;
  const excess: StoreProblem | undefined =
    added.sessions > 0 && sessions + added.sessions > limit
      ? { type: "quota_exceeded", owner, quota: "sessions", limit, used: sessions, added: added.sessions }
      : await findBytesExcess(work, owner, () => added.bytes);
  if (excess !== undefined && sessions === 0) await forgetOwner(work, owner);
  return excess;
}

/** Deletes the row of an owner without sessions. Owners may be as many as an issuer of tokens names. */
async function forgetOwner({ trx }: Work, owner: string): Promise<void> {
  await trx.deleteFrom("rill_owners").where("owner", "=", owner).where("sessions", "=", 0).execute();
}

/** Returns the problem if the owner's tenant may not keep this many bytes more at the moment. It only reads. */
export async function findBytesExcess(
  { trx, quota }: Work,
  owner: string,
  addedBytes: () => number,
): Promise<StoreProblem | undefined> {
  const added = quota.bytes === undefined ? 0 : addedBytes();
  if (quota.bytes === undefined || added === 0) return undefined;
  const { bytes } = await trx
    .selectFrom("rill_sessions")
    .select((eb) => eb.cast<number>(eb.fn.coalesce(eb.fn.sum("bytes"), eb.lit(0)), "bigint").as("bytes"))
    .where("owner", "=", owner)
    .executeTakeFirstOrThrow();
  if (bytes + added <= quota.bytes) return undefined;
  return { type: "quota_exceeded", owner, quota: "session_bytes", limit: quota.bytes, used: bytes, added };
}

/**
 * Takes a session from the owner's count. A transaction that changes the count has locked its session before, if there is one, so no two wait for
 * each other.
 */
export async function releaseSession(work: Work, owner: string): Promise<void> {
  const left = await work.trx
    .updateTable("rill_owners")
    .set((eb) => ({ sessions: eb("sessions", "-", 1) }))
    .where("owner", "=", owner)
    .returning("sessions")
    .executeTakeFirst();
  if (left?.sessions === 0) await forgetOwner(work, owner);
}
