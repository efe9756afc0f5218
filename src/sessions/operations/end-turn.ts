import type { SessionKey } from "../session.js";
import { changedRow, findSession, saveSession } from "./session-rows.js";
import type { Work } from "./store-work.js";
import type { SessionRow, TurnRow } from "../database/tables.js";
import { findTurn, type TurnEnding, writeEnding } from "./turn-rows.js";

/** Ends the running turn together with its session, whose row is locked. Returns the session's row afterwards. */
export async function endTurn(
  work: Work,
  session: SessionRow,
  toEnding: (turn: TurnRow) => TurnEnding,
): Promise<SessionRow> {
  const turn = session.running_turn === null ? undefined : await findTurn(work, session, session.running_turn);
  if (turn === undefined) throw new Error("the turn that runs is not stored");
  const ending = toEnding(turn);
  const addedBytes = await writeEnding(work, turn, { ...ending, endRevision: session.revision + 1 });
  const ended = changedRow(session, work.nowMs, {
    bytes: session.bytes + addedBytes,
    fence: ending.fence,
    running_turn: null,
    running_generation: null,
    lease_until_ms: null,
  });
  await saveSession(work, ended);
  return ended;
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
