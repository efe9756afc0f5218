import { sql } from "../database/kysely.js";
import type { Session, SessionKey } from "../session.js";
import type { ListSessions, ListTurns, PageBounds, SessionPage, TurnPage } from "../session-store.js";
import type { StoreResult } from "../store-problem.js";
import { findSession, toSession } from "./session-rows.js";
import type { StoreAccess } from "./store-work.js";
import { readTurns } from "./turn-rows.js";

export async function getSession(access: StoreAccess, key: SessionKey): Promise<StoreResult<Session>> {
  return await access.read(async (work) => {
    const row = await findSession(work, key, false);
    if (row === undefined) return { ok: false, problem: { type: "session_not_found" } };
    return { ok: true, value: toSession(row) };
  });
}

export async function listSessions(access: StoreAccess, request: ListSessions): Promise<StoreResult<SessionPage>> {
  const { owner, after, maxEntries } = request;
  const found = await access.read(
    async ({ trx, nowMs }) =>
      await trx
        .selectFrom("rill_sessions")
        .selectAll()
        .where("owner", "=", owner)
        .where((eb) => eb.or([eb("expires_ms", ">", nowMs), eb("running_turn", "is not", null)]))
        .$if(after !== undefined, (all) =>
          all.where((eb) =>
            eb(
              eb.refTuple("created_ms", "session_id"),
              "<",
              eb.tuple(after?.createdMs ?? 0, after?.sessionId.replaceAll("\0", "") ?? ""),
            ),
          ),
        )
        .orderBy("created_ms", "desc")
        .orderBy("session_id", "desc")
        .limit(maxEntries + 1)
        .execute(),
  );
  const { page, more } = cutPage(found, request, (row) => SESSION_FRAME_BYTES + Buffer.byteLength(row.labels));
  return { ok: true, value: { sessions: page.map(toSession), more } };
}

export async function listTurns(access: StoreAccess, request: ListTurns): Promise<StoreResult<TurnPage>> {
  return await access.read(async (work) => {
    const session = await findSession(work, request, false);
    if (session === undefined) return { ok: false, problem: { type: "session_not_found" } };
    const sizes = await work.trx
      .selectFrom("rill_turns")
      .select(["number", storedBytes.as("bytes")])
      .where("session_id", "=", session.session_id)
      .where("number", ">", request.afterNumber)
      .orderBy("number")
      .limit(request.maxEntries + 1)
      .execute();
    const { page, more } = cutPage(sizes, request, ({ bytes }) => TURN_FRAME_BYTES + bytes);
    const turns = await readTurns(work, session, { after: request.afterNumber, last: page.at(-1)?.number ?? 0 });
    return { ok: true, value: { turns, more, revision: session.revision } };
  });
}

/** The size of a turn's texts. Databases know it without reading the texts, so texts beyond a page are not read. */
const storedBytes = sql<number>`octet_length(messages) + octet_length(answer) + coalesce(octet_length(reasoning), 0)
  + coalesce(octet_length(tool_calls), 0)`;

/** The size of an entry in a response, without its texts. */
const SESSION_FRAME_BYTES = 192;
const TURN_FRAME_BYTES = 256;

function cutPage<Row>(
  rows: readonly Row[],
  { maxEntries, maxBytes }: PageBounds,
  bytesOf: (row: Row) => number,
): { readonly page: readonly Row[]; readonly more: boolean } {
  let bytes = 0;
  const overAt = rows.findIndex((row, index) => {
    bytes += bytesOf(row);
    return index >= maxEntries || (index > 0 && bytes > maxBytes);
  });
  return overAt < 0 ? { page: rows, more: false } : { page: rows.slice(0, overAt), more: true };
}
