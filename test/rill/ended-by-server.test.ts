import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { Role } from "../../generated/rill/v1/conversation.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { said } from "../support/said.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { messageOf, refusalOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";
import { SessionClient } from "./session-client.js";
import { turnRequest } from "./turn-request.js";

const ENDLESS = [SCRIPT.CYCLE, 65];

/** The status that the ledger tells of a generation, by its caller's name for it. */
async function ledgerStatus(client: TestClient, requestId: string): Promise<[code: number, reason: string]> {
  const { end } = await client.known({ $case: "requestId", value: requestId });
  assert.ok(end?.$case === "status");
  return [end.value.code, end.value.reason];
}

describe("A generation that did not come to its proper end", () => {
  it("is CANCELLED only in the ledger, where its client left; no call ends with it", async () => {
    await using server = await TestServer.start();
    using client = new TestClient(server.address);
    const left = client.generation.generateStream(tokensRequest(ENDLESS, { requestId: "left" }));
    left.on("error", () => {});
    await messageOf(left, () => true);
    left.cancel();
    const unary = refusalOf(client.generate(tokensRequest(ENDLESS, { requestId: "unary" })));
    await generationWhen(client, ({ requestId, inputTokens }) => requestId === "unary" && inputTokens > 0);
    await client.cancel({ target: { $case: "requestId", value: "unary" } });
    const { code, reason, pushbackMs } = await unary;
    assert.deepEqual([code, reason, pushbackMs], [Status.ABORTED, "CANCELLED_BY_REQUEST", undefined]);
    await loadWhen(client, ({ generations }) => generations.length === 0);
    assert.deepEqual(await ledgerStatus(client, "left"), [Status.CANCELLED, "CANCELLED"]);
    assert.deepEqual(await ledgerStatus(client, "unary"), [Status.ABORTED, "CANCELLED_BY_REQUEST"]);
  });

  it("has the server's reason in the ledger where the answer was too large", async () => {
    await using server = await TestServer.start({ limits: { messageBytes: 1_000 } });
    using client = new TestClient(server.address);
    const stopping = { maxOutputTokens: 1_500, stopSequences: [], stopTokenIds: [] };
    await refusalOf(client.generate(tokensRequest(ENDLESS, { stopping, requestId: "large" })));
    await loadWhen(client, ({ generations }) => generations.length === 0);
    assert.deepEqual(await ledgerStatus(client, "large"), [Status.RESOURCE_EXHAUSTED, "RESPONSE_TOO_LARGE"]);
  });

  it("has the store's reason in the ledger where the session did not take the turn", async () => {
    await using server = await TestServer.start({ limits: { sessionBytes: 100 } });
    using client = new TestClient(server.address);
    using sessions = new SessionClient(server.address);
    const { sessionId } = await sessions.create();
    const messages = [said(Role.USER, "a".repeat(100))];
    const refusal = await refusalOf(client.generate(turnRequest({ sessionId, messages }, { requestId: "full" })));
    assert.equal(refusal.reason, "SESSION_FULL");
    await server.scheduler.drained();
    assert.deepEqual(await ledgerStatus(client, "full"), [Status.RESOURCE_EXHAUSTED, "SESSION_FULL"]);
  });
});
