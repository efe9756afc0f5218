import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Session } from "../../src/sessions/session.js";
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
  openingOf,
  OUTCOME,
  problemOf,
  reread,
  says,
  turnsOf,
  valueOf,
} from "./store-rig.js";

/**
 * The contract of every store for turns.
 * @param store an empty store with LIMITS, on the system's time of day
 */
export function describeTurnContract(store: () => SessionStore, day: () => Day): void {
  it("reserves nothing by opening a turn", async () => {
    const session = await begin(store(), { messages: says("hi") });
    for (let times = 0; times < 2; times++) {
      const opened = valueOf(await store().openTurn(openingOf(session, { expectedRevision: 1 })));
      assert.equal(opened.type, "open");
      assert.deepEqual(opened.session, session);
      assert.deepEqual(opened.history, await turnsOf(store(), session));
    }
    assert.deepEqual(await reread(store(), session), session);
    const stale = await store().openTurn(openingOf(session, { expectedRevision: 2 }));
    assert.deepEqual(problemOf(stale), { type: "revision_mismatch", revision: 1 });
  });

  it("stores a turn's messages when it is admitted, its text as it goes on, and its answer at the end", async () => {
    const session = await begin(store());
    day().nowMs += MINUTE;
    const admission = admissionOf(session, { messages: says("why?") });
    const admitted = valueOf(await store().admitTurn(admission));
    assert.equal(admitted.type, "admitted");
    const { lease, revision } = admitted;
    assert.equal(revision, 2);
    const running = await reread(store(), session);
    const { generationId } = admission;
    assert.deepEqual([running.revision, running.running], [2, { number: 1, generationId }]);
    assert.equal(running.usedMs, day().nowMs);
    const started = {
      number: 1,
      status: "running",
      messages: says("why?"),
      continues: false,
      answer: "",
      generationId,
    };
    const open = {
      outcome: undefined,
      revision: 2,
      endRevision: undefined,
      createdMs: day().nowMs,
      endedMs: undefined,
    };
    assert.deepEqual(await turnsOf(store(), session), [{ ...started, ...open }]);
    day().nowMs += MINUTE / 2;
    valueOf(await store().renewLease({ lease, leaseMs: MINUTE, answer: "because\u0000" }));
    valueOf(await store().renewLease({ lease, leaseMs: MINUTE, answer: undefined }));
    assert.deepEqual(await turnsOf(store(), session), [{ ...started, ...open, answer: "because\u0000" }]);
    assert.equal((await reread(store(), session)).revision, 2);
    day().nowMs += 5;
    const usage = { inputTokens: 5, reusedInputTokens: 1, outputTokens: 2, deliveredTokens: 2 };
    const outcome = { finishReason: "max_tokens", error: undefined, usage } as const;
    const commit = commitOf(lease, { status: "truncated", answer: "because of it", outcome, record: "{}" });
    assert.deepEqual(valueOf(await store().commitTurn(commit)), { revision: 3 });
    const ended = { status: "truncated", answer: "because of it", outcome, endRevision: 3, endedMs: day().nowMs };
    const turns = await turnsOf(store(), session);
    assert.deepEqual(turns, [{ ...started, ...open, ...ended }]);
    const after = await reread(store(), session);
    const bytes = Buffer.byteLength(JSON.stringify(says("why?")) + JSON.stringify("because of it"));
    assert.deepEqual([after.revision, after.running, after.turns, after.bytes], [3, undefined, 1, bytes]);
    const opened = valueOf(await store().openTurn(openingOf(session, { expectedRevision: 3 })));
    assert.deepEqual(opened.type === "open" && opened.history, turns);
  });

  it("runs one turn of a session at a time, however many ask", async () => {
    const session = await begin(store());
    const results = await Promise.all(Array.from({ length: 10 }, () => store().admitTurn(admissionOf(session))));
    const admitted = results.filter((result) => result.ok);
    assert.equal(admitted.length, 1);
    const { running } = await reread(store(), session);
    for (const result of results) {
      if (!result.ok) assert.deepEqual(result.problem, { type: "revision_mismatch", revision: 2 });
    }
    const busy = { type: "busy", generationId: running?.generationId };
    const any = { expectedRevision: undefined };
    assert.deepEqual(problemOf(await store().admitTurn(admissionOf(session, { revision: 2 }))), busy);
    assert.deepEqual(problemOf(await store().openTurn(openingOf(session))), busy);
    assert.deepEqual(problemOf(await store().append({ ...keyOf(session), ...any, messages: says("x") })), busy);
    assert.deepEqual(problemOf(await store().delete({ ...keyOf(session), ...any })), busy);
    const updated = valueOf(
      await store().update({ ...keyOf(session), ...any, labels: new Map([["a", "b"]]), idleMs: undefined }),
    );
    assert.deepEqual([updated.revision, updated.running], [3, running]);
    const fork = { ...keyOf(session), forkId: randomUUID(), labels: undefined };
    assert.deepEqual(problemOf(await store().fork({ ...fork, atTurn: 1 })), busy);
    assert.equal(valueOf(await store().fork({ ...fork, atTurn: undefined })).turns, 0);
    const [only] = admitted;
    assert.ok(only?.ok === true && only.value.type === "admitted");
    assert.deepEqual(valueOf(await store().commitTurn(commitOf(only.value.lease))), { revision: 4 });
  });

  it("refuses a turn that was opened on another history, and changes nothing", async () => {
    const session = await begin(store());
    valueOf(await store().append({ ...keyOf(session), expectedRevision: 1, messages: says("x") }));
    const before = await reread(store(), session);
    assert.deepEqual(problemOf(await store().admitTurn(admissionOf(session))), {
      type: "revision_mismatch",
      revision: 2,
    });
    assert.deepEqual(await reread(store(), session), before);
  });

  it("does nothing twice when an admission, a renewal or a commit is repeated", async () => {
    const session = await begin(store());
    const admission = admissionOf(session);
    const first = valueOf(await store().admitTurn(admission));
    assert.deepEqual(valueOf(await store().admitTurn(admission)), first);
    assert.equal(first.type, "admitted");
    const commit = commitOf(first.lease);
    assert.deepEqual(valueOf(await store().commitTurn(commit)), { revision: 3 });
    assert.deepEqual(valueOf(await store().commitTurn({ ...commit, answer: "another" })), { revision: 3 });
    assert.equal(
      problemOf(await store().renewLease({ lease: first.lease, leaseMs: MINUTE, answer: "late" })).type,
      "fenced_out",
    );
    const next = await admit(store(), await reread(store(), session));
    assert.deepEqual(valueOf(await store().commitTurn(commit)), { revision: 3 });
    assert.deepEqual(valueOf(await store().commitTurn(commitOf(next))), { revision: 5 });
    assert.deepEqual(
      (await turnsOf(store(), session)).map(({ answer, revision, endRevision }) => [answer, revision, endRevision]),
      [
        ["so it goes", 2, 3],
        ["so it goes", 4, 5],
      ],
    );
  });

  it("finds the turn of an idempotency key, running or ended, before it looks at anything else", async () => {
    const session = await begin(store());
    const key = "key\u0000🦜";
    const idempotency = { key, bodyDigest: "digest" };
    const results = await Promise.all(
      Array.from({ length: 6 }, () => store().admitTurn(admissionOf(session, { idempotency }))),
    );
    const admitted = results.map(valueOf).filter(({ type }) => type === "admitted");
    assert.equal(admitted.length, 1);
    const [lease] = admitted.flatMap((value) => (value.type === "admitted" ? [value.lease] : []));
    assert.ok(lease !== undefined);
    const find = async () =>
      valueOf(await store().openTurn(openingOf(session, { expectedRevision: 1, idempotencyKey: key })));
    const running = await find();
    assert.equal(running.type, "repeated");
    assert.deepEqual([running.turn.status, running.bodyDigest, running.record], ["running", "digest", undefined]);
    valueOf(await store().commitTurn(commitOf(lease, { record: "record\u0000" })));
    const ended = await find();
    assert.equal(ended.type, "repeated");
    assert.deepEqual([ended.turn.status, ended.turn.answer, ended.record], ["complete", "so it goes", "record\u0000"]);
    const again = valueOf(await store().admitTurn(admissionOf(session, { idempotency, revision: 3 })));
    assert.deepEqual(again, ended);
    const other = await begin(store());
    await admit(store(), other, { idempotency });
    assert.equal((await turnsOf(store(), session)).length, 1);
  });

  const findings: Readonly<Record<string, (session: Session) => Promise<unknown>>> = {
    "opening another turn": async (session) => valueOf(await store().openTurn(openingOf(session))),
    "a sweep": async () =>
      assert.deepEqual(valueOf(await store().sweep(1)), { deletedSessions: 0, endedTurns: 1, more: false }),
    "appending messages": async (session) =>
      valueOf(await store().append({ ...keyOf(session), expectedRevision: undefined, messages: says("x") })),
    "a repeat of the turn": async (session) => {
      const repeated = valueOf(await store().openTurn(openingOf(session, { idempotencyKey: "k" })));
      assert.equal(repeated.type === "repeated" && repeated.turn.status, "failed");
    },
  };
  for (const [how, find] of Object.entries(findings)) {
    it(`ends a turn whose lease ran out when it is found by ${how}, and shuts its holder out`, async () => {
      const session = await begin(store());
      const lease = await admit(store(), session, { leaseMs: MINUTE, idempotency: { key: "k", bodyDigest: "d" } });
      valueOf(await store().renewLease({ lease, leaseMs: MINUTE, answer: "so far" }));
      day().nowMs += MINUTE - 1;
      assert.deepEqual(valueOf(await store().sweep(1)), { deletedSessions: 0, endedTurns: 0, more: false });
      day().nowMs += 1;
      await find(session);
      const [turn] = await turnsOf(store(), session);
      assert.deepEqual(
        [turn?.status, turn?.answer, turn?.endRevision, turn?.endedMs],
        ["failed", "so far", 3, day().nowMs],
      );
      assert.deepEqual(turn?.outcome, { finishReason: undefined, error: "SERVER_LOST", usage: undefined });
      const next = await admit(store(), await reread(store(), session));
      const before = await turnsOf(store(), session);
      assert.deepEqual(problemOf(await store().commitTurn(commitOf(lease))), { type: "fenced_out" });
      assert.deepEqual(problemOf(await store().renewLease({ lease, leaseMs: MINUTE, answer: "x" })), {
        type: "fenced_out",
      });
      assert.deepEqual(await turnsOf(store(), session), before);
      assert.ok(next.fence > lease.fence);
      valueOf(await store().commitTurn(commitOf(next)));
    });
  }

  it("lets a holder that comes late write its end, as long as nobody has found its turn lost", async () => {
    const session = await begin(store());
    const lease = await admit(store(), session, { leaseMs: MINUTE });
    day().nowMs += 2 * MINUTE;
    valueOf(await store().renewLease({ lease, leaseMs: MINUTE, answer: "late" }));
    day().nowMs += 2 * MINUTE;
    assert.deepEqual(valueOf(await store().commitTurn(commitOf(lease))), { revision: 3 });
  });

  it("keeps a session whose turn goes on, and lets it grow old from the turn's last sign of life", async () => {
    const session = await begin(store(), { idleMs: HOUR });
    const lease = await admit(store(), session, { leaseMs: 3 * HOUR });
    day().nowMs += 2 * HOUR;
    assert.equal((await reread(store(), session)).usedMs, day().nowMs - 2 * HOUR);
    valueOf(await store().renewLease({ lease, leaseMs: MINUTE, answer: undefined }));
    assert.equal((await reread(store(), session)).usedMs, day().nowMs);
    valueOf(await store().commitTurn(commitOf(lease)));
    day().nowMs += HOUR - 1;
    await reread(store(), session);
    day().nowMs += 1;
    assert.deepEqual(problemOf(await store().get(keyOf(session))), { type: "session_not_found" });
    assert.deepEqual(problemOf(await store().commitTurn(commitOf(lease))), { type: "fenced_out" });
  });

  it("goes on with a partial answer, and with nothing else", async () => {
    const session = await begin(store());
    const goOn = (revision: number) =>
      store().admitTurn(admissionOf(session, { revision, continues: true, messages: [] }));
    assert.deepEqual(problemOf(await goOn(1)), { type: "nothing_to_continue" });
    const lease = await admit(store(), session);
    const outcome = { finishReason: undefined, error: "CANCELLED", usage: undefined } as const;
    valueOf(await store().commitTurn(commitOf(lease, { status: "cancelled", answer: "and so", outcome })));
    const admitted = valueOf(await goOn(3));
    assert.equal(admitted.type, "admitted");
    valueOf(await store().commitTurn(commitOf(admitted.lease, { answer: " it went", outcome: OUTCOME })));
    assert.deepEqual(problemOf(await goOn(5)), { type: "nothing_to_continue" });
    const turns = await turnsOf(store(), session);
    assert.deepEqual(
      turns.map(({ continues, messages, answer }) => [continues, messages.length, answer]),
      [
        [false, 1, "and so"],
        [true, 0, " it went"],
      ],
    );
    assert.deepEqual(turns[0]?.outcome, outcome);
  });

  it("refuses a turn beyond the limits, and stores an answer all the same", async () => {
    const session = await begin(store());
    const large = admissionOf(session, { messages: says("x".repeat(LIMITS.bytes)) });
    assert.equal(problemOf(await store().admitTurn(large)).type, "too_many_bytes");
    const lease = await admit(store(), session);
    valueOf(await store().commitTurn(commitOf(lease, { answer: "y".repeat(LIMITS.bytes) })));
    const full = await reread(store(), session);
    assert.ok(full.bytes > LIMITS.bytes);
    assert.equal(problemOf(await store().admitTurn(admissionOf(full))).type, "too_many_bytes");
    const many = await begin(store());
    for (let index = 0; index < LIMITS.turns; index++) {
      valueOf(await store().append({ ...keyOf(many), expectedRevision: undefined, messages: says("x") }));
    }
    const refused = await store().admitTurn(admissionOf(await reread(store(), many)));
    assert.deepEqual(problemOf(refused), { type: "too_many_turns", limit: LIMITS.turns });
  });
}
