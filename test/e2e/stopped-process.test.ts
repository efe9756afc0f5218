import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { messageOf, promptRequest, resultOf, TestClient } from "../support/test-client.js";
import { createTinyModel } from "../support/tiny-model.js";
import { ServerChild } from "../support/server-child.js";

const STEP_LIMIT_MS = 2_000;
const STOP_MS = 3_000;

describe("rill serve, when its process is stopped for a while", () => {
  it("goes on where it was, also in the middle of a step, however much longer than a step the stop lasts", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rill-stopped-process-"));
    const model = await createTinyModel(folder);
    {
      await using server = ServerChild.launchFaulty("slow", {
        model,
        "model-cache": join(folder, "cache"),
        listen: "127.0.0.1:0",
        "admin-listen": "off",
        "step-limit": `${STEP_LIMIT_MS}ms`,
        slots: "2",
      });
      const { address } = await server.ready();
      using client = new TestClient(address);
      const stopping = { maxOutputTokens: 10, stopSequences: [], stopTokenIds: [] };
      const stream = client.generation.generateStream(promptRequest("Once upon a time", { stopping }));
      const result = resultOf(stream);
      // The fault begins after the first tokens: from here on the engine is nearly always in a step.
      await messageOf(stream, ({ event }) => event?.$case === "chunk");
      for (let stop = 0; stop < 2; stop++) {
        await pass(STEP_LIMIT_MS / 2);
        server.kill("SIGSTOP");
        await pass(STOP_MS);
        server.kill("SIGCONT");
      }
      const { messages, status } = await result;
      assert.deepEqual([status.code, status.reason], [0, undefined]);
      assert.equal(messages.at(-1)?.event?.$case, "completed");
      assert.deepEqual(
        server.log.filter(({ level }) => level === "error"),
        [],
      );
    }
    await rm(folder, { recursive: true });
  });
});
