import assert from "node:assert/strict";
import { TestServer } from "../../support/test-server.js";
import { ClientProcess } from "./client-process.js";
import type { Target } from "./plan.js";

describe("the bench's client process", () => {
  let server: TestServer;
  let client: ClientProcess;
  let target: Target;

  before(async () => {
    server = await TestServer.start();
    client = new ClientProcess();
    target = { kind: "rill", address: server.address };
  });

  after(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it("makes calls to Rill and tells what came when, and the times that the server told", async () => {
    const calls = ["abcdefgh", "ijklmnopq"].map((prompt) => ({ prompt, outputTokens: 4 }));
    const observations = await client.play({ target, calls });
    assert.equal(observations.length, 2);
    for (const { arrivals, openedAtMs, endedAtMs, served, inputTokens } of observations) {
      assert.equal(
        arrivals.reduce((sum, { tokens }) => sum + tokens, 0),
        4,
      );
      assert.ok(inputTokens > 0);
      assert.ok(served !== undefined && served.totalMs > 0 && served.totalMs <= endedAtMs - openedAtMs + 1);
    }
  });

  it("says why a plan failed, and plays the next one", async () => {
    const missing: Target = { kind: "llama", baseUrl: "http://127.0.0.1:1" };
    await assert.rejects(client.play({ target: missing, calls: [{ prompt: "a", outputTokens: 1 }] }), /ECONNREFUSED/);
    const [observation] = await client.play({ target, calls: [{ prompt: "abcdefgh", outputTokens: 2 }] });
    assert.equal(observation?.inputTokens, 8);
  });

  it("fails what is being played when it ends", async () => {
    const doomed = new ClientProcess();
    const played = doomed.play({ target, calls: [{ prompt: "a", outputTokens: 1, afterMs: 60_000 }] });
    const rejected = assert.rejects(played, /the client's process ended/);
    await doomed[Symbol.asyncDispose]();
    await rejected;
  });
});
