import { setTimeout as delay } from "node:timers/promises";
import type { SessionCaller } from "./session-caller.js";

/** Brings a session to rest: a change ends a turn whose server is lost, as soon as its lease has run out. @throws Error where a turn never ends */
export async function settleSession(caller: SessionCaller, sessionId: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const call = await caller.append(sessionId, `the end, try ${tries}`);
    if (call.type === "append" && call.end.type === "done") return;
    await delay(100);
  }
  throw new Error(`a turn of ${sessionId} does not end`);
}
