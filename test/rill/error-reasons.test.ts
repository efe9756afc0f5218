import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { Role } from "../../generated/rill/v1/conversation.js";
import type { Session } from "../../generated/rill/v1/session.js";
import { CancelMode, GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import type { ErrorCode } from "../../src/core/generation-error.js";
import { STATUS_OF_CODE } from "../../src/grpc/status/status-table.js";
import { type Logger, silentLogger } from "../../src/telemetry/logger.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { ManualClock } from "../support/manual-clock.js";
import { grpcFrame } from "../support/raw-call.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { rawStatusDetails, type StatusDetails } from "../support/status-details.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { messageOf, promptRequest, refusalOf, resultOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer, type TestServerOptions } from "../support/test-server.js";
import { malformedRefusal, rawRefusal } from "./raw-refusal.js";
import { SessionClient } from "./session-client.js";
import { IDENTITY_SCENES } from "./identity-scenes.js";
import { turnRequest } from "./turn-request.js";
import { said } from "../support/said.js";
import { pageFacts } from "../docs/error-page.js";

const STREAM = "rill.v1.GenerationService/GenerateStream";
const ENDLESS = [SCRIPT.CYCLE, 65];
const SLOW_AND_ENDLESS: TestServerOptions = { engine: { cycle: true, stepMs: 5 } };

/** A server, a client on it, and what the test does with them. */
interface Scene {
  readonly server: TestServer;
  readonly client: TestClient;
}

async function scene<Result>(options: TestServerOptions, act: (scene: Scene) => Promise<Result>): Promise<Result> {
  await using server = await TestServer.start(options);
  using client = new TestClient(server.address);
  return await act({ server, client });
}

/** A server with one session. */
async function sessionScene<Result>(
  options: TestServerOptions,
  act: (client: SessionClient, session: Session, server: TestServer) => Promise<Result>,
): Promise<Result> {
  return await scene(options, async ({ server }) => {
    using client = new SessionClient(server.address);
    return await act(client, await client.create(), server);
  });
}

/** No call ends with CANCELLED: it stands for a client that left, and so cannot be told. */
type SentCode = Exclude<ErrorCode, "CANCELLED">;

/** How a call comes to end with each of the published reasons. The compiler demands one for each. */
const SCENES: Readonly<Record<SentCode, () => Promise<StatusDetails>>> = {
  INVALID_REQUEST: () => scene({}, ({ client }) => refusalOf(client.generate(promptRequest("")))),
  UNDECODABLE_MESSAGE: () =>
    scene({}, ({ server }) => rawRefusal(server, { request: Buffer.from([0x0a, 0x05, 0x61]) })),
  UNSUPPORTED_ENCODING: () => scene({}, ({ server }) => rawRefusal(server, { metadata: { "grpc-encoding": "gzip" } })),
  MALFORMED_FRAME: () =>
    scene({}, ({ server }) => malformedRefusal(server, grpcFrame(Buffer.from([0x0a, 0x01, 0x61]), { flag: 1 }))),
  TOO_MANY_REQUEST_BYTES: () =>
    scene({ limits: { totalRequestBytes: 1_024 * 1_024 } }, ({ server }) =>
      rawRefusal(server, { request: Buffer.alloc(2 * 1_024 * 1_024) }),
    ),
  INPUT_TOO_LONG: () => scene({}, ({ client }) => refusalOf(client.generate(promptRequest("a b ".repeat(3_000))))),
  MESSAGE_TOO_LARGE: () =>
    scene({}, ({ client }) => refusalOf(client.generate(promptRequest("a".repeat(5 * 1024 * 1024))))),
  METADATA_TOO_LARGE: () =>
    scene({}, ({ server }) => rawRefusal(server, { metadata: { "x-large": "a".repeat(60_000) } })),
  RESPONSE_TOO_LARGE: () =>
    scene({ limits: { messageBytes: 1_000 } }, ({ client }) => {
      const stopping = { maxOutputTokens: 1_500, stopSequences: [], stopTokenIds: [] };
      return refusalOf(client.generate(tokensRequest(ENDLESS, { stopping })));
    }),
  TOO_MANY_RESPONSE_BYTES: () =>
    sessionScene({ limits: { totalResponseBytes: 64 * 1024 } }, async (client, { sessionId }) => {
      await client.append({ sessionId, messages: [said(Role.USER, "a".repeat(100_000))] });
      return await refusalOf(client.listTurns({ sessionId }));
    }),
  ...IDENTITY_SCENES,
  MODEL_MISMATCH: () =>
    scene({}, ({ client }) => refusalOf(client.generate(promptRequest("a", { expectedModel: "large" })))),
  REQUEST_ID_IN_USE: () =>
    scene({}, async ({ client }) => {
      const stream = client.generation.generateStream(tokensRequest(ENDLESS, { requestId: "one" }));
      stream.on("error", () => {});
      await messageOf(stream, () => true);
      return await refusalOf(client.generate(promptRequest("a", { requestId: "one" })));
    }),
  IDEMPOTENCY_KEY_REUSED: () =>
    scene({}, async ({ client }) => {
      await client.generate(promptRequest("a", { idempotencyKey: "one" }));
      return await refusalOf(client.generate(promptRequest("b", { idempotencyKey: "one" })));
    }),
  TAKEN_OVER: () =>
    scene({}, async ({ client }) => {
      const request = tokensRequest(ENDLESS, { idempotencyKey: "one" });
      const first = client.generation.generateStream(request);
      const result = resultOf(first);
      await messageOf(first, () => true);
      client.generation.generateStream(request).on("error", () => {});
      return (await result).status;
    }),
  GENERATION_NOT_FOUND: () =>
    scene({}, ({ client }) => refusalOf(client.cancel({ target: { $case: "generationId", value: "gen_none" } }))),
  SESSION_NOT_FOUND: () => sessionScene({}, (client) => refusalOf(client.get("ses_none"))),
  TURN_NOT_FOUND: () => sessionScene({}, (client, { sessionId }) => refusalOf(client.fork({ sessionId, atTurn: 9 }))),
  REVISION_MISMATCH: () =>
    sessionScene({}, (client, { sessionId }) => refusalOf(client.delete({ sessionId, expectedRevision: 9 }))),
  SESSION_BUSY: () =>
    sessionScene({}, async (client, { sessionId }, { store }) => {
      const turn = { messages: [], continues: false, idempotency: undefined, leaseMs: 60_000 };
      await store.admitTurn({ owner: "", sessionId, revision: 1, generationId: "gen_1", ...turn });
      return await refusalOf(client.delete({ sessionId }));
    }),
  NOTHING_TO_CONTINUE: () =>
    sessionScene({}, async (_, { sessionId }, server) => {
      using client = new TestClient(server.address);
      return await refusalOf(client.generate(turnRequest({ sessionId, continueAnswer: true })));
    }),
  TURN_ENDED: () =>
    sessionScene(SLOW_AND_ENDLESS, async (_, { sessionId }, server) => {
      using client = new TestClient(server.address);
      const request = turnRequest({ sessionId }, { idempotencyKey: "one", requestId: "one" });
      const stream = client.generation.generateStream(request);
      const result = resultOf(stream);
      await messageOf(stream, () => true);
      await client.cancel({ target: { $case: "requestId", value: "one" } });
      await result;
      return (await client.stream(request)).status;
    }),
  LEASE_LOST: () => {
    const day = { nowMs: 1_790_000_000_000 };
    const options = { ...SLOW_AND_ENDLESS, limits: { turnLeaseMs: 300 }, wallNowMs: () => day.nowMs };
    return sessionScene(options, async (_, { sessionId }, server) => {
      using client = new TestClient(server.address);
      const stream = client.generation.generateStream(turnRequest({ sessionId }));
      const result = resultOf(stream);
      await messageOf(stream, ({ event }) => event?.$case === "chunk");
      day.nowMs += 60_000;
      await server.store.sweep(10);
      return (await result).status;
    });
  },
  TOO_MANY_SESSIONS: () => sessionScene({ limits: { sessions: 1 } }, (client) => refusalOf(client.create())),
  SESSION_FULL: () =>
    sessionScene({ limits: { sessionBytes: 100 } }, (client, { sessionId }) =>
      refusalOf(client.append({ sessionId, messages: [said(Role.USER, "a".repeat(100))] })),
    ),
  STORE_UNAVAILABLE: () =>
    scene({ store: { type: "sqlite", path: "/dev/null/x" } }, async ({ server }) => {
      using client = new SessionClient(server.address);
      return await refusalOf(client.create());
    }),
  QUEUE_FULL: () =>
    scene({ slots: 1, limits: { queuePerSlot: 1 } }, async ({ client }) => {
      for (const requestId of ["running", "waiting"]) {
        client.generation.generateStream(tokensRequest(ENDLESS, { requestId })).on("error", () => {});
        await generationWhen(client, (found) => found.requestId === requestId && found.inputTokens > 0);
      }
      return (await client.stream(promptRequest("a"))).status;
    }),
  QUOTA_EXCEEDED: () =>
    scene({ policies: { of: () => ({ weight: 1, inputTokensPerMinute: 1 }) } }, ({ client }) =>
      refusalOf(client.generate(promptRequest("a long prompt"))),
    ),
  MAX_WAIT: () =>
    scene({ slots: 1, engine: { stepMs: 5 } }, async ({ client }) => {
      client.generation.generateStream(tokensRequest(ENDLESS, { requestId: "running" })).on("error", () => {});
      await generationWhen(client, ({ requestId, inputTokens }) => requestId === "running" && inputTokens > 0);
      const scheduling = { maxWait: { seconds: 0, nanos: 50_000_000 } };
      return (await client.stream(promptRequest("a", { scheduling }))).status;
    }),
  TOO_MANY_CALLS: () =>
    scene({ limits: { calls: 1 } }, async ({ client }) => {
      const stream = client.generation.generateStream(tokensRequest(ENDLESS));
      stream.on("error", () => {});
      await messageOf(stream, () => true);
      return await refusalOf(client.generate(promptRequest("a")));
    }),
  TOO_MANY_WATCHERS: () =>
    scene({ limits: { loadWatchers: 1 } }, async ({ client }) => {
      const first = client.server.watchLoad({});
      first.on("error", () => {});
      await messageOf(first, () => true);
      return (await resultOf(client.server.watchLoad({}))).status;
    }),
  USAGE_LOG_UNAVAILABLE: () =>
    scene({ usage: { ended: () => undefined, isReady: false } }, ({ client }) =>
      refusalOf(client.generate(promptRequest("a"))),
    ),
  STARTING: () => scene({ serving: false }, ({ client }) => refusalOf(client.generate(promptRequest("a")))),
  DRAINING: () =>
    scene({}, ({ server, client }) => {
      server.scheduler.closeAdmission();
      return refusalOf(client.generate(promptRequest("a")));
    }),
  DRAINED: () =>
    scene({}, async ({ server, client }) => {
      const stream = client.generation.generateStream(tokensRequest(ENDLESS));
      const result = resultOf(stream);
      await messageOf(stream, () => true);
      await server.rpc.shutdown(0);
      return (await result).status;
    }),
  ENGINE_LOST: () => scene({}, async ({ client }) => (await client.stream(tokensRequest([65, SCRIPT.DIE]))).status),
  ENGINE_FAULT: () =>
    scene({}, async ({ client }) => (await client.stream(tokensRequest([65, SCRIPT.FAIL_PULL]))).status),
  SLOW_READER: async () => {
    const clock = new ManualClock();
    return await scene({ clock }, async ({ server, client }) => {
      const request = GenerateStreamRequest.encode(tokensRequest(ENDLESS)).finish();
      await using reader = await RawHttp2Reader.open({
        address: server.address,
        method: STREAM,
        request,
        windowBytes: 0,
      });
      await loadWhen(client, ({ parked }) => parked === 1);
      clock.advance(server.limits.slowReaderStallMs);
      reader.openWindow(100_000);
      return rawStatusDetails(await reader.ended);
    });
  },
  DEADLINE_EXCEEDED: () =>
    scene({ engine: { stepMs: 5 } }, ({ server }) => {
      const request = GenerateStreamRequest.encode(tokensRequest(ENDLESS)).finish();
      return rawRefusal(server, { request, metadata: { "grpc-timeout": "100m" } });
    }),
  CANCELLED_BY_REQUEST: () =>
    scene({}, async ({ client }) => {
      const stream = client.generation.generateStream(tokensRequest(ENDLESS, { requestId: "one" }));
      const result = resultOf(stream);
      await messageOf(stream, () => true);
      await client.cancel({ target: { $case: "requestId", value: "one" }, mode: CancelMode.IMMEDIATE });
      return (await result).status;
    }),
  INTERNAL: () =>
    scene({ prepare: () => Promise.reject(new Error("a secret")) }, ({ client }) =>
      refusalOf(client.generate(promptRequest("a"))),
    ),
};

/** The codes of which another try, here or elsewhere, is safe and sensible. */
const RETRIED: readonly ErrorCode[] = [
  "IDENTITY_UNAVAILABLE",
  "QUEUE_FULL",
  "TOO_MANY_CALLS",
  "USAGE_LOG_UNAVAILABLE",
  "STARTING",
  "DRAINING",
];

describe("The published reasons", () => {
  for (const code of Object.keys(SCENES) as SentCode[]) {
    it(`${code} comes as ${Status[STATUS_OF_CODE[code]]} with its ErrorInfo`, async () => {
      const met = await SCENES[code]();
      assert.deepEqual([met.code, met.reason, met.domain], [STATUS_OF_CODE[code], code, "rill.v1"]);
      assert.notEqual(met.text, "");
      assert.ok(met.detailBytes <= 4 * 1024);
      const told = pageFacts().get(code) ?? [];
      assert.deepEqual(
        Object.keys(met.facts).filter((fact) => !told.includes(fact)),
        [],
        "docs/errors.md does not tell of these facts",
      );
      const isRetried = RETRIED.includes(code);
      assert.equal(met.pushbackMs !== undefined, isRetried);
      if (isRetried) assert.equal(Number(met.pushbackMs), Math.ceil(met.retryDelayMs ?? -1));
    });
  }

  it("never tell a client the cause of a fault, which is logged once", async () => {
    const logged: object[] = [];
    const log: Logger = { ...silentLogger, error: (fields) => logged.push(fields), child: () => log };
    const cause = new Error("a secret");
    const met = await scene({ log, prepare: () => Promise.reject(cause) }, ({ client }) =>
      refusalOf(client.generate(promptRequest("a"))),
    );
    assert.equal(met.text, "internal error");
    assert.ok(!JSON.stringify(met).includes("secret"));
    assert.match(met.generationId ?? "", /\S/);
    assert.equal(logged.length, 1);
    assert.deepEqual(logged[0], { ...logged[0], err: cause, generationId: met.generationId, reason: "INTERNAL" });
  });

  it("come in trailers only when nothing was accepted", async () => {
    await scene({}, async ({ server }) => {
      await using reader = await RawHttp2Reader.open({
        address: server.address,
        method: STREAM,
        request: GenerateStreamRequest.encode(promptRequest("a b ".repeat(3_000))).finish(),
      });
      assert.equal(rawStatusDetails(await reader.ended).reason, "INPUT_TOO_LONG");
      assert.equal(reader.trailersOnly, true);
      assert.equal(reader.messageCount, 0);
    });
  });
});
