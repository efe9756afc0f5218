import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status as Status } from "@grpc/grpc-js";
import { type GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { completedOf, textOf } from "../support/generation-text.js";
import { refusalOf } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";
import { turnRequest } from "./turn-request.js";
import { atMost, onServer, scene, SLOW_AND_ENDLESS, startTurn } from "./turn-scene.js";

async function temporaryStore(): Promise<{ path: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "rill-turns-"));
  return { path: join(folder, "sessions.db"), remove: () => rm(folder, { recursive: true }) };
}

describe("A turn with an idempotency key", function () {
  this.timeout(20_000);
  let slow: TestServer;

  before(async () => {
    slow = await TestServer.start(SLOW_AND_ENDLESS);
  });

  after(async () => {
    await slow[Symbol.asyncDispose]();
  });

  it("is taken over while it runs here, and runs once", async () => {
    await onServer(slow, async (set) => {
      const { client, sessions, session, turn } = set;
      const brief = atMost(100);
      const request = turn({}, { ...brief, idempotencyKey: "key" });
      const first = await startTurn(set, request);
      const second = await client.stream(request);
      assert.equal((await first.result).status.reason, "TAKEN_OVER");
      assert.equal(second.status.code, Status.OK);
      const [stored, ...others] = await sessions.turns(session.sessionId);
      assert.deepEqual(others, []);
      assert.equal(stored?.answer, textOf(second.messages));
      assert.equal(completedOf(second.messages).sessionRevision, 3);
    });
  });

  it("gets its stored answer from another server on the same store, token ids included", async () => {
    const { path, remove } = await temporaryStore();
    try {
      const key = { idempotencyKey: "key", output: { tokenIds: true } as GenerateStreamRequest["output"] };
      let sessionId = "";
      let answer = "";
      let ids: number[] = [];
      await scene({ store: { type: "sqlite", path } }, async ({ client, session, turn }) => {
        ({ sessionId } = session);
        ({ text: answer, tokenIds: ids } = await client.generate(turn({}, key)));
      });
      await scene({ store: { type: "sqlite", path } }, async ({ client, sessions }) => {
        const request = turnRequest({ sessionId }, key);
        const again = await client.generate(request);
        assert.deepEqual([again.text, again.tokenIds, again.sessionRevision], [answer, ids, 3]);
        assert.equal(again.usage?.deliveredOutputTokens, ids.length);
        const other = await refusalOf(client.generate({ ...request, labels: new Map([["a", "b"]]) }));
        assert.equal(other.reason, "IDEMPOTENCY_KEY_REUSED");
        assert.equal((await sessions.turns(sessionId)).length, 1);
      });
    } finally {
      await remove();
    }
  });

  it("is one of its session: the same key in another one is new", async () => {
    await onServer(slow, async ({ client, sessions, turn }) => {
      const other = await sessions.create();
      const first = await client.generate(turn({}, { ...atMost(3), idempotencyKey: "key" }));
      const next = await client.generate(turn({ sessionId: other.sessionId }, { ...atMost(3), idempotencyKey: "key" }));
      assert.notEqual(first.generationId, next.generationId);
    });
  });
});
