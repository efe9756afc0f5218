import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { Role } from "../../../generated/rill/v1/conversation.js";
import { FinishReason } from "../../../generated/rill/v1/finish.js";
import { type Turn, TurnStatus } from "../../../generated/rill/v1/session.js";
import type { GetServerInfoResponse } from "../../../generated/rill/v1/server_service.js";
import { SessionSweeper } from "../../../src/sessions/session-sweeper.js";
import { silentLogger } from "../../../src/telemetry/logger.js";
import { admissionOf, commitOf, valueOf } from "../../sessions/store-rig.js";
import { ManualClock } from "../../support/manual-clock.js";
import { answerOf, refusalOf, TestClient } from "../../support/test-client.js";
import { TestServer, type TestServerOptions } from "../../support/test-server.js";
import { SessionClient } from "../session-client.js";
import { said } from "../../support/said.js";

const HOUR_SECONDS = 3_600;
const hours = (count: number) => ({ seconds: count * HOUR_SECONDS, nanos: 0 });
const user = (content: string) => said(Role.USER, content);

interface Scene {
  readonly server: TestServer;
  readonly client: SessionClient;
}

async function scene(options: TestServerOptions, act: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = await TestServer.start(options);
  using client = new SessionClient(server.address);
  await act({ server, client });
}

/** Code, reason and the fields at fault. */
async function problemOf(call: Promise<unknown>): Promise<readonly unknown[]> {
  const { code, reason, fields } = await refusalOf(call);
  return [code, reason, ...fields];
}

/** A turn of the session as the generation that runs it would store it. */
async function runTurn({ server }: Scene, session: { sessionId: string; revision: number }) {
  const idle = { labels: new Map(), turns: 0, bytes: 0, createdMs: 0, usedMs: 0, idleMs: 0, running: undefined };
  const admission = { ...admissionOf({ ...session, ...idle }), owner: "", generationId: "gen_1" };
  const admitted = valueOf(await server.store.admitTurn(admission));
  assert.equal(admitted.type, "admitted");
  return admitted.lease;
}

describe("SessionService", () => {
  const day = { nowMs: 1_790_000_000_123 };
  /** For what needs no limits of its own; a test finds other tests' sessions there. */
  let shared: Scene;
  before(async function () {
    this.timeout(60_000);
    const server = await TestServer.start({ wallNowMs: () => day.nowMs });
    shared = { server, client: new SessionClient(server.address) };
  });
  after(async () => {
    shared.client[Symbol.dispose]();
    await shared.server[Symbol.asyncDispose]();
  });

  it("keeps what it is given, and tells it again", async () => {
    const { client } = shared;
    const messages = [said(Role.SYSTEM, "be brief"), user("hi\u0000"), said(Role.ASSISTANT, "")];
    const labels = new Map([["topic", "rivers"]]);
    const session = await client.create({ labels, messages, idleTimeout: hours(2) });
    assert.match(session.sessionId, /^ses_[\w-]{24}$/);
    const time = { seconds: 1_790_000_000, nanos: 123_000_000 };
    const { sessionId, storedBytes, ...rest } = session;
    const expected = { revision: 1, labels, turns: 1, idleTimeout: hours(2), createdTime: time, usedTime: time };
    assert.deepEqual(rest, { ...expected, runningTurn: undefined });
    assert.ok(storedBytes > 0);
    assert.deepEqual(await client.get(sessionId), session);
    const appended = await client.append({ sessionId, expectedRevision: 1, messages: [user("and?")] });
    assert.deepEqual([appended.revision, appended.turns], [2, 2]);
    const turn = { continues: false, status: TurnStatus.APPENDED, finishReason: FinishReason.UNSPECIFIED };
    const nothing = {
      reasoning: undefined,
      toolCalls: [],
      answer: undefined,
      generationId: undefined,
      errorReason: undefined,
      usage: undefined,
    };
    const times = { createdTime: time, endedTime: time };
    const expectedTurns: Turn[] = [
      { number: 1, messages, revision: 1, endRevision: 1, ...turn, ...nothing, ...times },
      { number: 2, messages: [user("and?")], revision: 2, endRevision: 2, ...turn, ...nothing, ...times },
    ];
    assert.deepEqual(await client.turns(sessionId), expectedTurns);
  });

  it("shows a turn while it runs, with its text so far, and how it ended", async () => {
    const { client, server } = shared;
    const session = await client.create();
    const { sessionId } = session;
    const lease = await runTurn(shared, session);
    valueOf(await server.store.renewLease({ lease, leaseMs: 60_000, answer: "so far" }));
    const { runningTurn, revision } = await client.get(sessionId);
    assert.deepEqual([runningTurn, revision], [{ number: 1, generationId: "gen_1" }, 2]);
    const running = (await client.turns(sessionId))[0];
    const { status, answer, endedTime, endRevision } = running ?? {};
    assert.deepEqual([status, answer, endedTime, endRevision], [TurnStatus.RUNNING, "so far", undefined, undefined]);
    assert.deepEqual(await problemOf(client.append({ sessionId, messages: [user("x")] })), [
      Status.FAILED_PRECONDITION,
      "SESSION_BUSY",
    ]);
    assert.equal((await refusalOf(client.delete({ sessionId }))).facts.generation_id, "gen_1");
    const usage = { inputTokens: 9, reusedInputTokens: 4, outputTokens: 3, deliveredTokens: 2 };
    const outcome = { finishReason: undefined, error: "CANCELLED", usage } as const;
    valueOf(await server.store.commitTurn(commitOf(lease, { status: "cancelled", answer: "so far and", outcome })));
    const [ended] = await client.turns(sessionId);
    assert.deepEqual(
      [ended?.status, ended?.answer, ended?.errorReason, ended?.endRevision, ended?.usage?.outputTokens],
      [TurnStatus.CANCELLED, "so far and", "CANCELLED", 3, 3],
    );
  });

  it("changes labels and idle time, the one without the other", async () => {
    const { client } = shared;
    const { sessionId } = await client.create({ labels: new Map([["a", "1"]]) });
    const longer = await client.update({ sessionId, idleTimeout: { seconds: 100, nanos: 1 } });
    assert.deepEqual([longer.revision, longer.labels.size], [2, 1]);
    assert.deepEqual(longer.idleTimeout, { seconds: 100, nanos: 1_000_000 });
    const bare = await client.update({ sessionId, expectedRevision: 2, labels: { entries: new Map() } });
    assert.deepEqual([bare.revision, bare.labels.size, bare.idleTimeout], [3, 0, longer.idleTimeout]);
    const stale = await refusalOf(client.update({ sessionId, expectedRevision: 2, idleTimeout: hours(1) }));
    assert.deepEqual([stale.code, stale.reason, stale.facts.revision], [Status.ABORTED, "REVISION_MISMATCH", "3"]);
  });

  it("forks at a turn, and deletes", async () => {
    const { client } = shared;
    const { sessionId } = await client.create({ messages: [user("one")] });
    await client.append({ sessionId, messages: [user("two")] });
    const fork = await client.fork({ sessionId, atTurn: 1, labels: { entries: new Map([["of", "it"]]) } });
    assert.deepEqual([fork.revision, fork.turns, fork.labels.get("of")], [1, 1, "it"]);
    assert.notEqual(fork.sessionId, sessionId);
    assert.equal((await client.fork({ sessionId })).turns, 2);
    assert.deepEqual(await problemOf(client.fork({ sessionId, atTurn: 3 })), [Status.NOT_FOUND, "TURN_NOT_FOUND"]);
    await client.delete({ sessionId, expectedRevision: 2 });
    assert.deepEqual(await problemOf(client.get(sessionId)), [Status.NOT_FOUND, "SESSION_NOT_FOUND"]);
    assert.deepEqual(await problemOf(client.delete({ sessionId })), [Status.NOT_FOUND, "SESSION_NOT_FOUND"]);
    assert.equal((await client.turns(fork.sessionId)).length, 1);
  });

  it("lists sessions and turns page by page", async () => {
    const { client } = shared;
    const made = [];
    for (let index = 0; index < 5; index++) made.push((await client.create()).sessionId);
    const listed: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await client.list({ pageSize: 2, pageToken });
      listed.push(...page.sessions.map(({ sessionId }) => sessionId));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.equal(new Set(listed).size, listed.length);
    assert.deepEqual(
      made.filter((id) => !listed.includes(id)),
      [],
    );
    const sessionId = made[0] ?? "";
    for (const content of ["1", "2", "3"]) await client.append({ sessionId, messages: [user(content)] });
    const first = await client.listTurns({ sessionId, pageSize: 2 });
    const second = await client.listTurns({ sessionId, pageToken: first.nextPageToken });
    assert.deepEqual(
      [first, second].map(({ turns, revision }) => [turns.map(({ number }) => number), revision]),
      [
        [[1, 2], 4],
        [[3], 4],
      ],
    );
    assert.equal(second.nextPageToken, "");
  });

  it("keeps each page within a message, and says so of a turn that is larger", async () => {
    const limits = { messageBytes: 4_096, sessionBytes: 100_000 };
    await scene({ limits }, async (scene) => {
      const { client, server } = scene;
      const session = await client.create({ messages: [user("x".repeat(1_500))] });
      const { sessionId } = session;
      for (let times = 0; times < 2; times++) await client.append({ sessionId, messages: [user("y".repeat(1_500))] });
      const page = await client.listTurns({ sessionId });
      assert.equal(page.turns.length, 1);
      const lease = await runTurn(scene, { sessionId, revision: 3 });
      valueOf(await server.store.commitTurn(commitOf(lease, { answer: "z".repeat(5_000) })));
      const rest = await client.listTurns({ sessionId, pageToken: page.nextPageToken });
      const more = await client.listTurns({ sessionId, pageToken: rest.nextPageToken });
      const refused = await refusalOf(client.listTurns({ sessionId, pageToken: more.nextPageToken }));
      assert.deepEqual([refused.reason, refused.facts.turn], ["RESPONSE_TOO_LARGE", "4"]);
    });
  });

  it("names every field at fault, with its bound", async () => {
    await scene({ limits: { messages: 2, labels: 1 } }, async ({ client }) => {
      const id = { sessionId: "ses_x" };
      const two = new Map([
        ["a", "1"],
        ["b", "2"],
      ]);
      const cases: readonly (readonly [Promise<unknown>, ...string[]])[] = [
        [client.get(undefined), "session_id"],
        [client.get("x".repeat(129)), "session_id"],
        [client.create({ labels: two, idleTimeout: { seconds: 0, nanos: 5 } }), "labels", "idle_timeout"],
        [client.create({ idleTimeout: { seconds: 91 * 24 * HOUR_SECONDS, nanos: 0 } }), "idle_timeout"],
        [client.create({ messages: [said(undefined, undefined)] }), "messages[0].content", "messages[0].role"],
        [client.create({ messages: [user("1"), user("2"), user("3")] }), "messages"],
        [client.append({ ...id, expectedRevision: 0, messages: [] }), "expected_revision", "messages"],
        [client.update(id), "labels"],
        [client.update({ ...id, labels: { entries: two } }), "labels"],
        [client.delete({ ...id, expectedRevision: 0 }), "expected_revision"],
        [client.fork({ sessionId: "", labels: { entries: two } }), "session_id", "labels"],
        [client.list({ pageSize: 0 }), "page_size"],
        [client.list({ pageSize: 1_001, pageToken: "WzFd" }), "page_size", "page_token"],
        [client.listTurns({ ...id, pageToken: "!" }), "page_token"],
        [client.listTurns({ ...id, pageToken: "x".repeat(2_000) }), "page_token"],
      ];
      for (const [call, ...fields] of cases) {
        assert.deepEqual(await problemOf(call), [Status.INVALID_ARGUMENT, "INVALID_REQUEST", ...fields]);
      }
    });
  });

  it("holds sessions, turns and bytes to the limits, which GetServerInfo tells", async () => {
    const limits = { sessions: 2, sessionTurns: 2, sessionBytes: 2_000 };
    await scene({ limits }, async ({ client, server }) => {
      const { sessionId } = await client.create({ messages: [user("1")] });
      await client.create();
      const exhausted = Status.RESOURCE_EXHAUSTED;
      assert.deepEqual(await problemOf(client.create()), [exhausted, "TOO_MANY_SESSIONS"]);
      const large = await refusalOf(client.append({ sessionId, messages: [user("x".repeat(2_000))] }));
      assert.deepEqual([large.code, large.reason, large.facts.limit], [exhausted, "SESSION_FULL", "2000"]);
      await client.append({ sessionId, messages: [user("2")] });
      assert.deepEqual(await problemOf(client.append({ sessionId, messages: [user("3")] })), [
        exhausted,
        "SESSION_FULL",
      ]);
      using other = new TestClient(server.address);
      const { serverInfo } = await answerOf<GetServerInfoResponse>((settle) => other.server.getServerInfo({}, settle));
      const { maxSessions, maxSessionTurns, maxSessionBytes, maxPageSize, defaultSessionIdleTimeout } =
        serverInfo?.limits ?? {};
      assert.deepEqual([maxSessions, maxSessionTurns, maxSessionBytes, maxPageSize], [2, 2, 2_000, 1_000]);
      assert.equal(defaultSessionIdleTimeout?.seconds, 24 * HOUR_SECONDS);
    });
  });

  it("deletes sessions that were idle for too long", async () => {
    const day = { nowMs: 1_790_000_000_000 };
    await scene({ wallNowMs: () => day.nowMs }, async ({ client, server }) => {
      const idle = await client.create();
      const kept = await client.create({ idleTimeout: hours(25) });
      assert.deepEqual(idle.idleTimeout, hours(24));
      const clock = new ManualClock();
      const lines: unknown[] = [];
      const log = { ...silentLogger, info: (fields: object) => void lines.push(fields) };
      using _sweeper = SessionSweeper.start({ store: server.store, intervalMs: 1_000, clock, log });
      // Its first sweep was asked for before this.
      await client.get(idle.sessionId);
      day.nowMs += 24 * HOUR_SECONDS * 1_000;
      clock.advance(1_000);
      assert.deepEqual(await problemOf(client.get(idle.sessionId)), [Status.NOT_FOUND, "SESSION_NOT_FOUND"]);
      assert.deepEqual(
        (await client.list()).sessions.map(({ sessionId }) => sessionId),
        [kept.sessionId],
      );
      assert.deepEqual(lines, [{ deletedSessions: 1, endedTurns: 0 }]);
    });
  });
});
