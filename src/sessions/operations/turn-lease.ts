import type { CommittedTurn, CommitTurn, RenewLease, TurnLease } from "../session-store.js";
import type { StoreResult } from "../store-problem.js";
import type { SessionRow, TurnRow } from "../database/store-database.js";
import type { SessionKey } from "../session.js";
import { changedRow, findSession, saveSession, usedRow } from "./session-rows.js";
import type { StoreAccess, Work } from "./store-work.js";
import { encodeParts, encodeText, findTurn, type TurnEnding, writeEnding } from "./turn-rows.js";

const FENCED_OUT = { ok: false, problem: { type: "fenced_out" } } as const;

/** Renews a lease, also one that has run out, unless the turn was given up. */
export async function renewLease(access: StoreAccess, request: RenewLease): Promise<StoreResult<undefined>> {
  const { lease, leaseMs, answer, ...parts } = request;
  return await access.write(async (work) => {
    const session = await findSession(work, lease, true);
    if (session === undefined || !isHolder(session, lease)) return FENCED_OUT;
    await saveSession(work, { ...usedRow(session, work), lease_until_ms: work.nowMs + leaseMs });
    if (answer !== undefined) {
      await work.trx
        .updateTable("rill_turns")
        .set({ answer: encodeText(answer), ...encodeParts(parts) })
        .where("session_id", "=", lease.sessionId)
        .where("number", "=", lease.turnNumber)
        .execute();
    }
    return { ok: true, value: undefined };
  });
}

export async function commitTurn(access: StoreAccess, request: CommitTurn): Promise<StoreResult<CommittedTurn>> {
  const { lease, status, answer, outcome, record, ...parts } = request;
  return await access.write(async (work) => {
    const session = await findSession(work, lease, true);
    if (session === undefined) return FENCED_OUT;
    if (isHolder(session, lease)) {
      const encoded = { answer: encodeText(answer), ...encodeParts(parts) };
      const ending = { status, ...encoded, outcome, record, fence: lease.fence };
      const ended = await endTurn(work, session, () => ending);
      return { ok: true, value: { revision: ended.revision } };
    }
    // This is a repeat of the commit, after its answer was lost: the fence is still the lease's, so nobody else has ended the turn.
    const turn = await findTurn(work, session, lease.turnNumber);
    if (turn?.fence !== lease.fence || turn.end_revision === null) return FENCED_OUT;
    return { ok: true, value: { revision: turn.end_revision } };
  });
}

function isHolder(session: SessionRow, lease: TurnLease): boolean {
  return session.running_turn === lease.turnNumber && session.fence === lease.fence;
}

/** Locks and returns the session's row, after ending a turn in it whose lease has run out. Returns undefined if there is no such session. */
export async function lockSession(work: Work, key: SessionKey): Promise<SessionRow | undefined> {
  const row = await findSession(work, key, true);
  return row !== undefined && isLost(row, work.nowMs) ? await endLostTurn(work, row) : row;
}

/** Returns whether a turn runs whose lease has run out. */
export function isLost(row: SessionRow, nowMs: number): boolean {
  return row.lease_until_ms !== null && row.lease_until_ms <= nowMs;
}

/** Ends a turn whose lease has run out. The fence moves on, so that the lease's holder is fenced out if it comes back. */
async function endLostTurn(work: Work, session: SessionRow): Promise<SessionRow> {
  return await endTurn(work, session, ({ answer, reasoning, tool_calls }) => ({
    status: "failed",
    answer,
    reasoning,
    tool_calls,
    outcome: { finishReason: undefined, error: "SERVER_LOST", usage: undefined },
    record: undefined,
    fence: session.fence + 1,
  }));
}

/** Ends the running turn together with its session, whose row is locked. Returns the session's row afterwards. */
async function endTurn(work: Work, session: SessionRow, toEnding: (turn: TurnRow) => TurnEnding): Promise<SessionRow> {
  const turn = session.running_turn === null ? undefined : await findTurn(work, session, session.running_turn);
  if (turn === undefined) throw new Error("the turn that runs is not stored");
  const ending = toEnding(turn);
  const addedBytes = await writeEnding(work, turn, { ...ending, endRevision: session.revision + 1 });
  const ended = changedRow(session, work, {
    bytes: session.bytes + addedBytes,
    fence: ending.fence,
    running_turn: null,
    running_generation: null,
    lease_until_ms: null,
  });
  await saveSession(work, ended);
  return ended;
}
