import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { GeneratedAnswer, HeldTurn } from "../../src/sessions/held-turn.js";
import { RunningTurns } from "../../src/sessions/running-turns.js";
import type { SessionKey } from "../../src/sessions/session.js";
import type { OpenedTurn, SessionStore } from "../../src/sessions/session-store.js";
import type { StoreResult } from "../../src/sessions/store-problem.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { ManualClock } from "../support/manual-clock.js";
import { admissionOf, begin, commitOf, openStore, OWNER, valueOf } from "./store-rig.js";

const NEVER = new AbortController().signal;
const { lease: _lease, ...END } = commitOf({ owner: "", sessionId: "", turnNumber: 0, fence: 0 });

/** A session of which a turn runs here, and what the test says of its generation. */
interface Running extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly turns: RunningTurns;
  readonly source: { generated: GeneratedAnswer; ending: boolean; lost: () => undefined };
  readonly key: SessionKey;
  readonly turn: HeldTurn;
  readonly open: (waitMs: number) => Promise<StoreResult<OpenedTurn>>;
}

async function running(): Promise<Running> {
  const clock = new ManualClock();
  const store: SessionStore = openStore({ type: "memory" });
  const session = await begin(store);
  const turns = new RunningTurns({ store, leaseMs: 9_000, clock, log: silentLogger });
  const source = { generated: { answer: "so far" }, ending: false, lost: () => undefined };
  const admitted = valueOf(await turns.admit(admissionOf(session), source));
  assert.ok(admitted.type === "admitted");
  const key = { owner: OWNER, sessionId: session.sessionId };
  const open: Running["open"] = (waitMs) =>
    turns.open(
      { ...key, expectedRevision: undefined, idempotencyKey: undefined, messages: [] },
      { signal: NEVER, waitMs },
    );
  const { turn } = admitted;
  return {
    ...{ clock, turns, source, key, turn, open },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

describe("Turns that run here", () => {
  it("tell their text so far, to their owner alone", async () => {
    await using set = await running();
    const { turns, key, turn } = set;
    assert.deepEqual(turns.generatedOf(key, turn.lease.turnNumber), { answer: "so far" });
    assert.equal(turns.generatedOf(key, turn.lease.turnNumber + 1), undefined);
    assert.equal(turns.generatedOf({ ...key, owner: "someone else" }, turn.lease.turnNumber), undefined);
  });

  it("hold up no other owner that names their session", async () => {
    await using set = await running();
    const { turns, source, key } = set;
    const other = { ...key, owner: "someone else" };
    using _door = await turns.enter(key, { signal: NEVER, waitMs: 0 });
    using _other = await turns.enter(other, { signal: NEVER, waitMs: 60_000 });
    source.ending = true;
    await turns.settled(other);
    const request = { ...other, expectedRevision: undefined, idempotencyKey: undefined, messages: [] };
    const opened = await turns.open(request, { signal: NEVER, waitMs: 60_000 });
    assert.deepEqual(opened.ok ? opened.value.type : opened.problem.type, "session_not_found");
  });

  it("are waited for by those who would not wait, once they are about to end", async () => {
    await using set = await running();
    const { source, turn, open } = set;
    const busy = await open(0);
    assert.deepEqual(busy.ok ? busy.value.type : busy.problem.type, "busy");
    source.ending = true;
    const opening = open(0);
    await turn.end(END);
    assert.equal(valueOf(await opening).type, "open");
  });

  it("are waited for by those who would wait, as long as they say", async () => {
    await using set = await running();
    const { turn, open } = set;
    const waiting = open(60_000);
    await turn.end(END);
    assert.equal(valueOf(await waiting).type, "open");
  });

  it("hold up what has to wait for their end for a second at most, where the store does not take it", async () => {
    await using set = await running();
    const { clock, turns, source, key } = set;
    await turns.settled(key);
    source.ending = true;
    let isSettled = false;
    const settled = turns.settled(key).then(() => (isSettled = true));
    clock.advance(999);
    await nextTurn();
    assert.equal(isSettled, false);
    clock.advance(1);
    await settled;
  });
});
