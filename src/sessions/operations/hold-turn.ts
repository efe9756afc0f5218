import { endTurn } from "./end-turn.js";
import { findSession, saveSession, usedRow } from "./session-rows.js";
import type { CommittedTurn, CommitTurn, RenewLease, TurnLease } from "../session-store.js";
import type { StoreResult } from "../store-problem.js";
import type { StoreAccess } from "./store-work.js";
import type { SessionRow } from "../database/tables.js";
import { encodeParts, encodeText, findTurn } from "./turn-rows.js";

const FENCED_OUT = { ok: false, problem: { type: "fenced_out" } } as const;

/** Renews a lease, also one that has run out, unless the turn was given up. */
export async function renewLease(access: StoreAccess, request: RenewLease): Promise<StoreResult<undefined>> {
  const { lease, leaseMs, answer, ...parts } = request;
  return await access.write(async (work) => {
    const session = await findSession(work, lease, true);
    if (session === undefined || !isHolder(session, lease)) return FENCED_OUT;
    await saveSession(work, { ...usedRow(session, work.nowMs), lease_until_ms: work.nowMs + leaseMs });
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
