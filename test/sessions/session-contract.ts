import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { SessionStore } from "../../src/sessions/session-store.js";
import {
  admissionOf,
  admit,
  begin,
  commitOf,
  type Day,
  HOUR,
  keyOf,
  LIMITS,
  MINUTE,
  OWNER,
  problemOf,
  reread,
  says,
  turnsOf,
  valueOf,
} from "./store-rig.js";

const PAGE = { maxEntries: 1_000, maxBytes: 64 * 1024 * 1024 };
/** NUL, half a surrogate pair, what ends JSON texts and SQL ones, two-unit code points. */
const HARD_TEXT = "a\u0000b \ud83d \u2028 \"quoted\" 'quoted' \\ 🦜🏽 \r\n\t é";

/**
 * The contract of every store for sessions, without running turns.
 * @param store an empty store with LIMITS, on the system's time of day
 */
export function describeSessionContract(store: () => SessionStore, day: () => Day): void {
  it("gives back what it was given", async () => {
    const labels = new Map([
      ["topic", HARD_TEXT],
      ["", "empty key"],
    ]);
    const messages = [
      { role: "system", content: HARD_TEXT },
      { role: "user", content: "" },
      { role: "assistant", content: "x".repeat(200_000) },
    ] as const;
    const session = await begin(store(), { labels, messages, idleMs: 90 * 24 * HOUR });
    assert.deepEqual(session, await reread(store(), session));
    assert.deepEqual([...session.labels], [...labels]);
    const { revision, turns, createdMs, usedMs, idleMs, running } = session;
    const expected = { createdMs: day().nowMs, usedMs: day().nowMs, idleMs: 90 * 24 * HOUR, running: undefined };
    assert.deepEqual({ revision, turns, createdMs, usedMs, idleMs, running }, { revision: 1, turns: 1, ...expected });
    const [turn] = await turnsOf(store(), session);
    assert.deepEqual(turn?.messages, messages);
    assert.deepEqual([turn.number, turn.status, turn.revision, turn.endRevision], [1, "appended", 1, 1]);
    assert.equal(session.bytes, Buffer.byteLength(JSON.stringify(messages)));
  });

  it("knows a session for its owner alone", async () => {
    const session = await begin(store(), { messages: says("mine") });
    const foreign = { owner: "tenant-b", sessionId: session.sessionId };
    const any = { expectedRevision: undefined };
    const asks = [
      store().get(foreign),
      store().get({ owner: OWNER, sessionId: "no-such-id" }),
      store().get({ owner: OWNER, sessionId: "\u0000" }),
      store().update({ ...foreign, ...any, labels: new Map(), idleMs: undefined }),
      store().listTurns({ ...foreign, ...PAGE, afterNumber: 0 }),
      store().delete({ ...foreign, ...any }),
      store().fork({ ...foreign, forkId: randomUUID(), atTurn: 0, labels: undefined }),
      store().append({ ...foreign, ...any, messages: says("not yours") }),
      store().openTurn({ ...foreign, ...any, idempotencyKey: undefined, messages: says("hi") }),
      store().admitTurn(admissionOf(session, foreign)),
    ];
    for (const ask of asks) assert.deepEqual(problemOf(await ask), { type: "session_not_found" });
    assert.deepEqual(valueOf(await store().list({ owner: "tenant-b", after: undefined, ...PAGE })).sessions, []);
    assert.deepEqual(await reread(store(), session), session);
  });

  it("makes one session of a creation that is repeated", async () => {
    const request = { owner: OWNER, sessionId: randomUUID(), labels: new Map(), idleMs: HOUR, messages: says("once") };
    const first = valueOf(await store().create(request));
    assert.deepEqual(valueOf(await store().create(request)), first);
    const { sessions } = valueOf(await store().list({ owner: OWNER, after: undefined, ...PAGE }));
    assert.equal(sessions.length, 1);
    assert.equal((await turnsOf(store(), first)).length, 1);
  });

  it("changes what is said and leaves the rest, if the revision is the session's", async () => {
    const session = await begin(store(), { labels: new Map([["a", "1"]]) });
    day().nowMs += MINUTE;
    const update = { ...keyOf(session), expectedRevision: 1, labels: undefined, idleMs: 2 * HOUR };
    const updated = valueOf(await store().update(update));
    assert.deepEqual(updated, { ...session, revision: 2, idleMs: 2 * HOUR, usedMs: day().nowMs });
    assert.deepEqual(problemOf(await store().update(update)), { type: "revision_mismatch", revision: 2 });
    const relabelled = valueOf(
      await store().update({
        ...update,
        expectedRevision: undefined,
        labels: new Map([["b", "2"]]),
        idleMs: undefined,
      }),
    );
    assert.deepEqual(relabelled, { ...updated, revision: 3, labels: new Map([["b", "2"]]) });
    assert.deepEqual(await reread(store(), session), relabelled);
  });

  it("lets one of many changes with the same revision through, and numbers those without one in a row", async () => {
    const session = await begin(store());
    const append = (expectedRevision: number | undefined) =>
      store().append({ ...keyOf(session), expectedRevision, messages: says("me") });
    const raced = await Promise.all(Array.from({ length: 8 }, () => append(1)));
    assert.equal(raced.filter(({ ok }) => ok).length, 1);
    const all = await Promise.all(Array.from({ length: 12 }, () => append(undefined)));
    const revisions = all.map((result) => valueOf(result).revision).sort((a, b) => a - b);
    assert.deepEqual(revisions, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    const turns = await turnsOf(store(), session);
    assert.deepEqual(
      turns.map(({ number, revision }) => [number, revision]),
      Array.from({ length: 13 }, (_, index) => [index + 1, index + 2]),
    );
  });

  it("lists the newest sessions first, page by page, each once, whatever comes and goes between the pages", async () => {
    const made = [];
    for (let index = 0; index < 7; index++) {
      made.push((await begin(store())).sessionId);
      // Some of the same moment.
      if (index % 3 === 0) day().nowMs += 10;
    }
    const seen: string[] = [];
    let page = valueOf(await store().list({ owner: OWNER, after: undefined, ...PAGE, maxEntries: 2 }));
    for (;;) {
      seen.push(...page.sessions.map(({ sessionId }) => sessionId));
      const last = page.sessions.at(-1);
      if (!page.more || last === undefined) break;
      assert.equal(page.sessions.length, 2);
      await store().delete({ ...keyOf(last), expectedRevision: undefined });
      day().nowMs += 10;
      await begin(store());
      page = valueOf(await store().list({ owner: OWNER, after: last, ...PAGE, maxEntries: 2 }));
    }
    assert.deepEqual([...seen].sort(), [...made].sort());
    assert.equal(seen.at(-1), made[0]);
  });

  it("ends a page before it has too many bytes, but never before its first entry", async () => {
    const labels = new Map([["topic", "x".repeat(1_000)]]);
    for (let index = 0; index < 3; index++) await begin(store(), { labels });
    const page = valueOf(await store().list({ owner: OWNER, after: undefined, maxEntries: 10, maxBytes: 2_500 }));
    assert.deepEqual([page.sessions.length, page.more], [2, true]);
    const session = await begin(store(), { messages: says("x".repeat(5_000)) });
    valueOf(await store().append({ ...keyOf(session), expectedRevision: 1, messages: says("y") }));
    const bounds = { maxEntries: 10, maxBytes: 100 };
    const first = valueOf(await store().listTurns({ ...keyOf(session), afterNumber: 0, ...bounds }));
    assert.deepEqual([first.turns.map(({ number }) => number), first.more, first.revision], [[1], true, 2]);
    const second = valueOf(await store().listTurns({ ...keyOf(session), afterNumber: 1, ...bounds }));
    assert.deepEqual([second.turns.map(({ number }) => number), second.more], [[2], false]);
  });

  it("deletes a session with all it holds, and the place is free", async () => {
    const sessions = [];
    for (let index = 0; index < LIMITS.sessions; index++) sessions.push(await begin(store(), { messages: says("hi") }));
    const full = { owner: OWNER, sessionId: randomUUID(), labels: new Map(), idleMs: HOUR, messages: [] };
    assert.deepEqual(problemOf(await store().create(full)), { type: "too_many_sessions", limit: LIMITS.sessions });
    const [gone] = sessions;
    assert.ok(gone !== undefined);
    const fork = { ...keyOf(gone), forkId: randomUUID(), atTurn: undefined, labels: undefined };
    assert.deepEqual(problemOf(await store().fork(fork)), { type: "too_many_sessions", limit: LIMITS.sessions });
    assert.deepEqual(problemOf(await store().delete({ ...keyOf(gone), expectedRevision: 2 })), {
      type: "revision_mismatch",
      revision: 1,
    });
    valueOf(await store().delete({ ...keyOf(gone), expectedRevision: 1 }));
    assert.deepEqual(problemOf(await store().get(keyOf(gone))), { type: "session_not_found" });
    assert.deepEqual(problemOf(await store().delete({ ...keyOf(gone), expectedRevision: undefined })), {
      type: "session_not_found",
    });
    valueOf(await store().create(full));
    await begin(store(), { owner: "tenant-b" });
  });

  it("takes no more turns and bytes than the limits say", async () => {
    const session = await begin(store());
    const append = (content: string) =>
      store().append({ ...keyOf(session), expectedRevision: undefined, messages: says(content) });
    const problem = problemOf(await append("x".repeat(LIMITS.bytes)));
    assert.equal(problem.type, "too_many_bytes");
    assert.ok(problem.bytes > LIMITS.bytes && problem.limit === LIMITS.bytes);
    for (let index = 0; index < LIMITS.turns; index++) valueOf(await append("x"));
    assert.deepEqual(problemOf(await append("x")), { type: "too_many_turns", limit: LIMITS.turns });
    const { turns, revision } = await reread(store(), session);
    assert.deepEqual([turns, revision], [LIMITS.turns, LIMITS.turns + 1]);
    const large = { owner: OWNER, sessionId: randomUUID(), labels: new Map(), idleMs: HOUR };
    const refused = await store().create({ ...large, messages: says("x".repeat(LIMITS.bytes)) });
    assert.equal(problemOf(refused).type, "too_many_bytes");
  });

  it("forks a session at any of its turns, and each goes its own way", async () => {
    const origin = await begin(store(), { messages: says("one"), labels: new Map([["a", "1"]]), idleMs: HOUR });
    const key = "k";
    const lease = await admit(store(), origin, { messages: says("two"), idempotency: { key, bodyDigest: "d" } });
    valueOf(await store().commitTurn(commitOf(lease, { answer: "2" })));
    valueOf(await store().append({ ...keyOf(origin), expectedRevision: undefined, messages: says("three") }));
    const turns = await turnsOf(store(), origin);
    for (const atTurn of [0, 1, 2, 3, undefined]) {
      const forkId = randomUUID();
      const request = { ...keyOf(origin), forkId, atTurn, labels: undefined };
      const fork = valueOf(await store().fork(request));
      assert.deepEqual(valueOf(await store().fork(request)), fork, "a repeat makes no other");
      const copied = turns.slice(0, atTurn);
      const bytes = copied.reduce(
        (sum, { messages, answer, status }) =>
          sum +
          Buffer.byteLength(JSON.stringify(messages)) +
          (status === "appended" ? 0 : Buffer.byteLength(JSON.stringify(answer))),
        0,
      );
      const { revision, labels, turns: count, idleMs } = fork;
      assert.deepEqual(
        { revision, labels, count, idleMs, bytes: fork.bytes },
        { revision: 1, labels: origin.labels, count: copied.length, idleMs: HOUR, bytes },
      );
      assert.deepEqual(
        await turnsOf(store(), fork),
        copied.map((turn) => ({ ...turn, revision: 1, endRevision: 1 })),
      );
    }
    const forkId = randomUUID();
    const beyond = await store().fork({ ...keyOf(origin), forkId, atTurn: 4, labels: undefined });
    assert.deepEqual(problemOf(beyond), { type: "turn_not_found", turns: 3 });
    const labels = new Map([["b", "2"]]);
    const fork = valueOf(await store().fork({ ...keyOf(origin), forkId, atTurn: 2, labels }));
    assert.deepEqual(fork.labels, labels);
    await store().delete({ ...keyOf(origin), expectedRevision: undefined });
    // The key is the first session's turn's: here it is free.
    await admit(store(), fork, { idempotency: { key, bodyDigest: "d" } });
    assert.equal((await turnsOf(store(), fork)).length, 3);
  });

  it("forgets sessions that are idle for too long, at once for callers, and by a sweep for good", async () => {
    const short = await begin(store(), { idleMs: HOUR, messages: says("x") });
    const used = await begin(store(), { idleMs: HOUR });
    const long = await begin(store(), { idleMs: 3 * HOUR });
    day().nowMs += HOUR - 1;
    valueOf(await store().append({ ...keyOf(used), expectedRevision: 1, messages: says("used") }));
    await reread(store(), short);
    day().nowMs += 1;
    assert.deepEqual(problemOf(await store().get(keyOf(short))), { type: "session_not_found" });
    assert.equal(
      problemOf(
        await store().update({ ...keyOf(short), expectedRevision: undefined, labels: undefined, idleMs: 9 * HOUR }),
      ).type,
      "session_not_found",
    );
    const { sessions } = valueOf(await store().list({ owner: OWNER, after: undefined, ...PAGE }));
    assert.deepEqual(sessions.map(({ sessionId }) => sessionId).sort(), [used.sessionId, long.sessionId].sort());
    assert.deepEqual(valueOf(await store().sweep(10)), { deletedSessions: 1, endedTurns: 0, more: false });
    assert.deepEqual(valueOf(await store().sweep(10)), { deletedSessions: 0, endedTurns: 0, more: false });
    day().nowMs += 3 * HOUR;
    assert.deepEqual(valueOf(await store().sweep(1)), { deletedSessions: 1, endedTurns: 0, more: true });
    assert.deepEqual(valueOf(await store().sweep(1)), { deletedSessions: 1, endedTurns: 0, more: false });
    // Their places are free again.
    for (let index = 0; index < LIMITS.sessions; index++) await begin(store());
  });
}
