import { isLost, lockSession } from "./end-turn.js";
import type { RepeatedTurn, OpenTurn, OpenedTurn } from "../session-store.js";
import { findConflict, findSession, toSession } from "./session-rows.js";
import type { StoreResult } from "../store-problem.js";
import type { StoreAccess, Work } from "./store-work.js";
import type { TurnRow } from "../database/tables.js";
import { findTurnByKey, readTurns, toTurn } from "./turn-rows.js";

/** Opens a turn. It only reads, unless it meets a turn whose lease has run out, which it ends first. */
export async function openTurn(access: StoreAccess, request: OpenTurn): Promise<StoreResult<OpenedTurn>> {
  const opened = await access.read((work) => readTurn(work, request));
  if (opened !== "lost") return opened;
  return await access.write(async (work) => {
    await lockSession(work, request);
    const again = await readTurn(work, request);
    if (again === "lost") throw new Error("a turn that was ended still runs");
    return again;
  });
}

async function readTurn(work: Work, request: OpenTurn): Promise<StoreResult<OpenedTurn> | "lost"> {
  const { expectedRevision, idempotencyKey } = request;
  const row = await findSession(work, request, false);
  if (row === undefined) return { ok: false, problem: { type: "session_not_found" } };
  if (isLost(row, work.nowMs)) return "lost";
  const repeated = idempotencyKey === undefined ? undefined : await findTurnByKey(work, row, idempotencyKey);
  if (repeated !== undefined) return { ok: true, value: toRepeated(repeated) };
  const conflict = findConflict(row, { revision: expectedRevision, idle: true });
  if (conflict !== undefined) return { ok: false, problem: conflict };
  const history = await readTurns(work, row, { after: 0, last: row.turns });
  return { ok: true, value: { type: "open", session: toSession(row), history } };
}

export function toRepeated(row: TurnRow): RepeatedTurn {
  return {
    type: "repeated",
    turn: toTurn(row),
    bodyDigest: row.body_digest ?? "",
    record: row.record === null ? undefined : (JSON.parse(row.record) as string),
  };
}
