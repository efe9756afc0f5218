import assert from "node:assert/strict";
import { textOf } from "../support/generation-text.js";
import { Envoy } from "../support/envoy.js";
import { promptRequest, resultOf, TestClient } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

describe("A caller behind Envoy", () => {
  let server: TestServer | undefined;
  let envoy: Envoy | undefined;
  let client: TestClient;

  before(async function () {
    if (!(await Envoy.isInstalled())) {
      console.log("    skipped: no envoy on the PATH");
      this.skip();
    }
    server = await TestServer.start();
    envoy = await Envoy.start({ upstream: server.address });
    client = new TestClient(envoy.address);
  });

  after(async () => {
    // The suite is skipped before they are started.
    (client as TestClient | undefined)?.[Symbol.dispose]();
    await envoy?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it("reads a stream to its end", async () => {
    const { messages, status } = await resultOf(client.generation.generateStream(promptRequest("Once upon a time")));
    assert.equal(status.code, 0);
    assert.equal(textOf(messages), "Once upon a time");
  });

  it("is refused with the same status and details as without it", async () => {
    const { messages, status } = await resultOf(
      client.generation.generateStream(promptRequest("a", { idempotencyKey: "a".repeat(1_000) })),
    );
    assert.deepEqual([status.code, status.reason, messages.length], [3, "INVALID_REQUEST", 0]);
  });
});
