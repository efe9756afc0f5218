import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import type { GetLoadResponse } from "../../../generated/rill/v1/server_service.js";
import type { TenantPolicies, TenantPolicy } from "../../../src/core/tenant-policy.js";
import { ManualClock } from "../../support/manual-clock.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { answerOf, messageOf, refusalOf, TestClient, tokensRequest } from "../../support/test-client.js";
import { TestServer } from "../../support/test-server.js";
import { callsOf, identifyByWords } from "../../support/test-tenants.js";
import { SessionClient } from "../session-client.js";
import { turnRequest, userSays } from "../turn-request.js";

/** The policy of the tenant acme, which a test changes while the server runs. */
class AcmePolicy implements TenantPolicies {
  policy: TenantPolicy;

  constructor(bounds: Omit<TenantPolicy, "weight">) {
    this.policy = { weight: 1, ...bounds };
  }

  of(tenant: string): TenantPolicy {
    return tenant === "acme" ? this.policy : { weight: 1 };
  }
}

const EIGHT_TOKENS = [65, 66, 67, 68, 69, 70, 71, 72];

describe("quotas of tenants, over the wire", () => {
  it("refuse tokens beyond a minute's with the bound and the time at which a retry is accepted", async () => {
    const clock = new ManualClock();
    const policies = new AcmePolicy({ inputTokensPerMinute: 12 });
    await using server = await TestServer.start({ clock, policies, identify: identifyByWords });
    using acme = new TestClient(server.address, callsOf("acme"));
    using other = new TestClient(server.address, callsOf("other"));
    const request = tokensRequest(EIGHT_TOKENS);
    await acme.generate(request);
    const refusal = await refusalOf(acme.generate(request));
    assert.deepEqual([refusal.code, refusal.reason], [Status.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED"]);
    assert.deepEqual(refusal.quotas, [["tenant:acme", "input_tokens_per_minute: limit 12, used 8"]]);
    assert.deepEqual(refusal.facts, { quota: "input_tokens_per_minute", limit: "12", used: "8" });
    // Four tokens are left, and twelve a minute make four more in 20 s.
    const { retryDelayMs = 0 } = refusal;
    assert.equal(retryDelayMs, 20_000);
    await other.generate(request);
    clock.advance(retryDelayMs - 1);
    assert.equal((await refusalOf(acme.generate(request))).retryDelayMs, 1);
    clock.advance(1);
    await acme.generate(request);
  });

  it("hold a tenant to its sessions without a time, since no wait helps, until one is deleted or the bound is raised", async () => {
    const policies = new AcmePolicy({ sessions: 1 });
    await using server = await TestServer.start({ policies, identify: identifyByWords });
    using acme = new SessionClient(server.address, callsOf("acme"));
    using other = new SessionClient(server.address, callsOf("other"));
    const { sessionId } = await acme.create();
    const refusals = [
      await refusalOf(acme.create()),
      await refusalOf(acme.fork({ sessionId, atTurn: undefined, labels: undefined })),
    ];
    for (const refusal of refusals) {
      assert.deepEqual([refusal.code, refusal.reason], [Status.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED"]);
      assert.equal(
        refusal.text,
        "1 sessions of the tenant are stored, and its bound sessions is 1; delete sessions to make room",
      );
      assert.deepEqual(refusal.quotas, [["tenant:acme", "sessions: limit 1, used 1"]]);
      assert.deepEqual([refusal.retryDelayMs, refusal.pushbackMs], [undefined, undefined]);
    }
    await other.create();
    await other.create();
    policies.policy = { weight: 1, sessions: 2 };
    await acme.create();
    policies.policy = { weight: 1, sessions: 1 };
    await acme.delete({ sessionId, expectedRevision: undefined });
    assert.equal((await refusalOf(acme.create())).reason, "QUOTA_EXCEEDED");
  });

  it("refuse a turn and messages for which the tenant has no bytes left, before anything is generated", async () => {
    const policies = new AcmePolicy({ sessionBytes: 500 });
    await using server = await TestServer.start({ policies, identify: identifyByWords });
    using acme = new SessionClient(server.address, callsOf("acme"));
    using client = new TestClient(server.address, callsOf("acme"));
    const large = [userSays("x".repeat(600))];
    const { sessionId, storedBytes } = await acme.create({ messages: [userSays("x".repeat(100))] });
    const { acceptedGenerations } = server.scheduler.load().totals;
    const turn = await client.stream(turnRequest({ sessionId, messages: large }));
    const refusals = [
      turn.status,
      await refusalOf(acme.append({ sessionId, messages: large })),
      await refusalOf(acme.create({ messages: large })),
    ];
    for (const refusal of refusals) {
      assert.equal(refusal.reason, "QUOTA_EXCEEDED");
      assert.deepEqual(refusal.quotas, [["tenant:acme", `session_bytes: limit 500, used ${storedBytes}`]]);
      assert.match(refusal.text, /would add 6\d\d; its bound session_bytes is 500; delete sessions to make room$/);
      assert.equal(refusal.retryDelayMs, undefined);
    }
    assert.deepEqual(turn.messages, []);
    assert.equal(server.scheduler.load().totals.acceptedGenerations, acceptedGenerations);
    assert.equal((await acme.get(sessionId)).turns, 1);
  });

  it("leave calls to other tenants when one has opened all that it may, and keep its means to see and end its own", async () => {
    await using server = await TestServer.start({
      identify: identifyByWords,
      engine: { cycle: true, stepMs: 20 },
      limits: { calls: 8, queuePerSlot: 64 },
    });
    using acme = new TestClient(server.address, callsOf("acme"));
    using other = new TestClient(server.address, callsOf("other"));
    const streams = Array.from({ length: 6 }, () => acme.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65])));
    await Promise.all(
      streams.map((stream) => messageOf(stream.on("error", ignore), ({ event }) => event?.$case === "accepted")),
    );
    const refusal = await refusalOf(acme.generate(tokensRequest([65])));
    assert.equal(refusal.reason, "TOO_MANY_CALLS");
    assert.match(refusal.text, /this tenant has its share of 8/);
    const { load } = await answerOf<GetLoadResponse>((settle) => acme.server.getLoad({}, settle));
    assert.equal(load?.generations.length, 6);
    const waiting = other.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65]));
    await messageOf(waiting.on("error", ignore), ({ event }) => event?.$case === "accepted");
    for (const stream of [...streams, waiting]) stream.cancel();
  });
});

function ignore(): void {
  // The test cancels its streams.
}
