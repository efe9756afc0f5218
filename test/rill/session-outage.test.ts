import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status as Status } from "@grpc/grpc-js";
import { promptRequest, refusalOf, TestClient } from "../support/test-client.js";
import { TestServer, type TestServerOptions } from "../support/test-server.js";
import { SessionClient } from "./session-client.js";

interface Scene {
  readonly server: TestServer;
  readonly client: SessionClient;
}

async function scene(options: TestServerOptions, act: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = await TestServer.start(options);
  using client = new SessionClient(server.address);
  await act({ server, client });
}

describe("SessionService without its store", () => {
  it("fails alone when its store is out of order, and answers before there is a model", async () => {
    const store = { type: "sqlite", path: "/dev/null/sessions.sqlite" } as const;
    await scene({ store }, async ({ client, server }) => {
      const refused = await refusalOf(client.create());
      assert.deepEqual(
        [refused.code, refused.reason, refused.facts.fault],
        [Status.UNAVAILABLE, "STORE_UNAVAILABLE", "misconfigured"],
      );
      assert.ok(!refused.text.includes("/dev/null"));
      using other = new TestClient(server.address);
      assert.ok((await other.generate(promptRequest("a"))).text.length >= 0);
      assert.equal(server.lifecycle.current, "serving");
    });
    await scene({ serving: false }, async ({ client }) => {
      const { sessionId } = await client.create();
      assert.equal((await client.get(sessionId)).revision, 1);
    });
  });

  it("does not acknowledge what is stored in a file that was removed under it, and serves on with a new one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rill-removed-"));
    try {
      await scene({ store: { type: "sqlite", path: join(folder, "sessions.sqlite") } }, async ({ client }) => {
        const { sessionId } = await client.create();
        await rm(folder, { recursive: true });
        const refused = await refusalOf(client.create());
        assert.deepEqual(
          [refused.code, refused.reason, refused.facts.fault],
          [Status.UNAVAILABLE, "STORE_UNAVAILABLE", "replaced"],
        );
        assert.ok(!refused.text.includes(folder));
        assert.equal((await refusalOf(client.get(sessionId))).reason, "SESSION_NOT_FOUND");
        await client.get((await client.create()).sessionId);
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
