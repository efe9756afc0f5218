import { keyOf, openStore, OWNER, says, turnsOf } from "./store-rig.js";
import type { Session } from "../../src/sessions/session.js";
import type { StoreResult } from "../../src/sessions/store-problem.js";

// A process that may read the file it is given, and not write it: prints what it reads, and what becomes of its writes.
const [path = "", sessionId = ""] = process.argv.slice(2);
await using store = openStore({ type: "sqlite", path });
const session = { sessionId } as Session;
const any = { owner: OWNER, sessionId, expectedRevision: undefined };
const faultOf = (result: StoreResult<unknown>): string =>
  result.ok ? "stored" : result.problem.type === "unavailable" ? result.problem.fault : result.problem.type;
const append = faultOf(await store.append({ ...any, messages: says("new") }));
const update = faultOf(await store.update({ ...keyOf(session), expectedRevision: 1, labels: new Map(), idleMs: 1 }));
const turns = (await turnsOf(store, session)).flatMap(({ messages }) => messages.map(({ content }) => content));
console.log(JSON.stringify({ turns, append, update }));
