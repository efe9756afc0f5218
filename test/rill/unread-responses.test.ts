import assert from "node:assert/strict";
import { Role } from "../../generated/rill/v1/conversation.js";
import { GenerateRequest } from "../../generated/rill/v1/generation_service.js";
import { ListTurnsRequest, ListTurnsResponse } from "../../generated/rill/v1/session_service.js";
import { CalledStore } from "../../src/sessions/link/called-store.js";
import { ManualClock } from "../support/manual-clock.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { said } from "../support/said.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { rawStatusDetails } from "../support/status-details.js";
import { answerOf, refusalOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer, type TestServerOptions } from "../support/test-server.js";
import { SessionClient } from "./session-client.js";

const KIB = 1024;
const TURN_BYTES = 100 * KIB;
/** Two pages of the session are within the budget while a third one is made; a fourth is not. */
const LIMITS = { messageBytes: 128 * KIB, totalResponseBytes: 360 * KIB };

const MAX_TRIES = 200;

interface Scene {
  readonly server: TestServer;
  readonly sessions: SessionClient;
  readonly sessionId: string;
  /** A call of ListTurns with a window that takes nothing. */
  readonly unread: () => Promise<RawHttp2Reader>;
}

async function scene(act: (scene: Scene) => Promise<void>, options: TestServerOptions = {}): Promise<void> {
  await using server = await TestServer.start({ limits: LIMITS, ...options });
  using sessions = new SessionClient(server.address);
  const { sessionId } = await sessions.create({ messages: [said(Role.USER, "a".repeat(TURN_BYTES))] });
  const unread = async (): Promise<RawHttp2Reader> => {
    const reader = await RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.SessionService/ListTurns",
      request: ListTurnsRequest.encode({ sessionId }).finish(),
      windowBytes: 0,
    });
    await Promise.race([reader.headers, reader.ended]);
    return reader;
  };
  await act({ server, sessions, sessionId, unread });
}

/** Waits until the server holds no more than this many bytes: the end of a stream comes to it through the connection. */
async function bytesFall(server: TestServer, most: number): Promise<void> {
  for (let tries = 0; server.rpc.report().responseBytes > most; tries++) {
    assert.ok(tries < MAX_TRIES, `${server.rpc.report().responseBytes} bytes are held for good`);
    // A small call there and back: what came before it has been read then.
    using client = new TestClient(server.address);
    await answerOf((settle) => client.health.check({ service: "" }, settle));
  }
}

describe("Unary responses that nobody reads", () => {
  it("are counted as long as their streams are open, and beyond the budget a page is refused before it is read", async () => {
    await scene(async ({ server, sessions, sessionId, unread }) => {
      await using first = await unread();
      await using second = await unread();
      await using third = await unread();
      const held = server.rpc.report().responseBytes;
      assert.ok(held > 3 * TURN_BYTES && held < 3 * TURN_BYTES + 3 * KIB, String(held));
      const { store } = server;
      assert.ok(store instanceof CalledStore);
      const asked = store.report.calls.listTurns.ok;
      await using fourth = await unread();
      const { reason, facts } = rawStatusDetails(await fourth.ended);
      assert.equal(fourth.trailersOnly, true);
      assert.deepEqual(
        [reason, facts.response_bytes, facts.max_total_response_bytes],
        ["TOO_MANY_RESPONSE_BYTES", String(held), String(LIMITS.totalResponseBytes)],
      );
      assert.equal(store.report.calls.listTurns.ok, asked);
      for (const reader of [first, second]) reader.cancel();
      await bytesFall(server, TURN_BYTES + KIB);
      assert.equal((await sessions.listTurns({ sessionId })).turns.length, 1);
      third.openWindow(1024 * KIB);
      assert.equal((await third.ended).grpcStatus, 0);
      assert.equal(ListTurnsResponse.decode(third.messages[0] ?? Buffer.alloc(0)).turns.length, 1);
      await bytesFall(server, 0);
    });
  });

  it("keep no small response back: health, load and sessions are answered all the same", async () => {
    await scene(
      async ({ server, sessions, sessionId, unread }) => {
        await using _first = await unread();
        await using _second = await unread();
        await using _third = await unread();
        using client = new TestClient(server.address);
        await answerOf((settle) => client.health.check({ service: "" }, settle));
        await client.load();
        assert.equal((await sessions.get(sessionId)).sessionId, sessionId);
        assert.equal(
          (await sessions.list()).sessions.length,
          1,
          "a small page needs the room of a page only while it is made",
        );
      },
      { limits: { ...LIMITS, totalResponseBytes: 440 * KIB } },
    );
  });

  it("of Generate count as well, whatever made them large", async () => {
    await scene(
      async ({ server, sessions, sessionId, unread }) => {
        const request = GenerateRequest.encode(
          tokensRequest([SCRIPT.CYCLE, 65], {
            stopping: { maxOutputTokens: 1_500, stopSequences: [], stopTokenIds: [] },
            output: { logprobs: 20 },
          }),
        ).finish();
        const method = "rill.v1.GenerationService/Generate";
        await using reader = await RawHttp2Reader.open({ address: server.address, method, request, windowBytes: 0 });
        await reader.headers;
        assert.ok(server.rpc.report().responseBytes > 200 * KIB, String(server.rpc.report().responseBytes));
        await using _other = await unread();
        const refused = await refusalOf(sessions.listTurns({ sessionId }));
        assert.equal(refused.reason, "TOO_MANY_RESPONSE_BYTES");
      },
      { limits: { ...LIMITS, messageBytes: 1024 * KIB, totalResponseBytes: 1_200 * KIB } },
    );
  });

  it("are let go when their readers have stalled for too long", async () => {
    const clock = new ManualClock();
    await scene(
      async ({ server, unread }) => {
        await using reader = await unread();
        assert.ok(server.rpc.report().responseBytes > TURN_BYTES);
        clock.advance(server.limits.slowReaderStallMs);
        await reader.ended;
        await bytesFall(server, 0);
      },
      { clock },
    );
  });
});
