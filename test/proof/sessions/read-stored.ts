import type { SessionCaller } from "./session-caller.js";
import type { StoredSession } from "./session-history.js";
import type { SessionNotes } from "./session-notes.js";
import { settleSession } from "./settle-session.js";

/** Brings sessions to rest, and reads them, with those that were forked from them. One that can't be read is left out. */
export async function readStored(
  caller: SessionCaller,
  sessionIds: readonly string[],
  notes: SessionNotes,
): Promise<Map<string, StoredSession>> {
  for (const sessionId of sessionIds) await settleSession(caller, sessionId);
  const forkIds = notes.calls.flatMap((call) =>
    call.type === "fork" && call.end.type === "done" ? [call.end.forkId] : [],
  );
  const stored = new Map<string, StoredSession>();
  for (const sessionId of [...sessionIds, ...forkIds]) {
    const session = await caller.read(sessionId, true);
    if (session !== undefined) stored.set(sessionId, session);
  }
  return stored;
}
