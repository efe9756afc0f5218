import type { AdmittedTurn, AdmitTurn, OpenedTurn, OpenTurn, RepeatedTurn } from "../session-store.js";
import type { StoreResult } from "../store-problem.js";
import type { SessionRow, TurnRow } from "../database/store-database.js";
import { hasPartialAnswer } from "../session.js";
import { isLost, lockSession } from "./turn-lease.js";
import {
  changedRow,
  findBytesExcess,
  findConflict,
  findQuotaExcess,
  findSession,
  saveSession,
  toSession,
} from "./session-rows.js";
import type { StoreAccess, Work } from "./store-work.js";
import { digestKey, findExcess, findTurn, findTurnByKey, newTurnRow, readTurns, toTurn } from "./turn-rows.js";

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
  const problem =
    findConflict(row, { revision: expectedRevision, idle: true }) ??
    (await findBytesExcess(work, row.owner, () => newTurnRow(row, request.messages, work.nowMs).bytes));
  if (problem !== undefined) return { ok: false, problem };
  const history = await readTurns(work, row, { after: 0, last: row.turns });
  return { ok: true, value: { type: "open", session: toSession(row), history } };
}

export async function admitTurn(access: StoreAccess, request: AdmitTurn): Promise<StoreResult<AdmittedTurn>> {
  return await access.write(async (work) => {
    const session = await lockSession(work, request);
    if (session === undefined) return { ok: false, problem: { type: "session_not_found" } };
    const last = await findTurn(work, session, session.turns);
    if (last?.generation_id === request.generationId) return toAdmitted(last);
    const key = request.idempotency?.key;
    const repeated = key === undefined ? undefined : await findTurnByKey(work, session, key);
    if (repeated !== undefined) return { ok: true, value: toRepeated(repeated) };
    const turn = toTurnRow(work, session, request);
    const problem =
      findConflict(session, { revision: request.revision, idle: true }) ??
      (request.continues && !hasPartialAnswer(last && toTurn(last)) ? NOTHING_TO_CONTINUE : undefined) ??
      findExcess(work, session, turn) ??
      (await findQuotaExcess(work, session.owner, { sessions: 0, bytes: turn.bytes }));
    if (problem !== undefined) return { ok: false, problem };
    await work.trx.insertInto("rill_turns").values(turn).execute();
    const changed = changedRow(session, work, {
      turns: turn.number,
      bytes: session.bytes + turn.bytes,
      fence: session.fence + 1,
      running_turn: turn.number,
      running_generation: request.generationId,
      lease_until_ms: work.nowMs + request.leaseMs,
    });
    await saveSession(work, changed);
    return toAdmitted(turn);
  });
}

const NOTHING_TO_CONTINUE = { type: "nothing_to_continue" } as const;

function toTurnRow({ nowMs }: Work, session: SessionRow, request: AdmitTurn): TurnRow {
  const { idempotency } = request;
  return {
    ...newTurnRow(session, request.messages, nowMs),
    status: "running",
    continues: request.continues ? 1 : 0,
    generation_id: request.generationId,
    fence: session.fence + 1,
    key_digest: idempotency === undefined ? null : digestKey(idempotency.key),
    body_digest: idempotency?.bodyDigest ?? null,
    end_revision: null,
    ended_ms: null,
  };
}

function toAdmitted(turn: TurnRow): StoreResult<AdmittedTurn> {
  const { owner, session_id: sessionId, number: turnNumber, revision } = turn;
  if (turn.fence === null) throw new Error("a turn of a generation has no fence");
  return {
    ok: true,
    value: { type: "admitted", lease: { owner, sessionId, turnNumber, fence: turn.fence }, revision },
  };
}

function toRepeated(row: TurnRow): RepeatedTurn {
  return {
    type: "repeated",
    turn: toTurn(row),
    bodyDigest: row.body_digest ?? "",
    record: row.record === null ? undefined : (JSON.parse(row.record) as string),
  };
}
