import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultModelPath, FETCH_MODEL_LIMIT_MS } from "../support/default-model.js";
import { ServerProcess } from "../support/server-process.js";
import { promptRequest, TestClient } from "../support/test-client.js";

interface UsageLine {
  readonly generationId: string;
  readonly inputTokens: number;
  readonly reusedInputTokens: number;
  readonly outputTokens: number;
}

describe("the usage log of a server on the default model", function () {
  this.timeout(FETCH_MODEL_LIMIT_MS);
  const folder = mkdtempSync(join(tmpdir(), "rill-usage-"));
  after(() => rmSync(folder, { recursive: true }));

  it("has every completed call to the token after a kill -9, and no call twice", async () => {
    const path = join(folder, "usage.jsonl");
    const flags = ["--model", await defaultModelPath(), "--slots", "2", "--context-tokens", "512"];
    await using server = await ServerProcess.start({ flags: [...flags, "--usage-log", path] });
    using client = new TestClient(server.address);
    const completed = new Map<string, readonly number[]>();
    const call = async (index: number): Promise<void> => {
      const stopping = { maxOutputTokens: 4 + index, stopSequences: [], stopTokenIds: [] };
      const { generationId, usage } = await client.generate(promptRequest(`Count to ${index}.`, { stopping }));
      const { inputTokens = 0, reusedInputTokens = 0, outputTokens = 0 } = usage ?? {};
      completed.set(generationId, [inputTokens, reusedInputTokens, outputTokens]);
      if (completed.size === 6) await server.stop("SIGKILL");
    };
    await Promise.allSettled(Array.from({ length: 12 }, (_, index) => call(index)));
    assert.ok(completed.size >= 6 && completed.size < 12, `${completed.size} calls completed`);
    const text = readFileSync(path, "utf8");
    assert.ok(text.endsWith("\n"));
    const lines = text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as UsageLine);
    assert.equal(new Set(lines.map(({ generationId }) => generationId)).size, lines.length);
    for (const [id, counts] of completed) {
      const line = lines.find(({ generationId }) => generationId === id);
      assert.deepEqual([line?.inputTokens, line?.reusedInputTokens, line?.outputTokens], counts);
    }
    assert.doesNotMatch(text, /Count to/);
  });
});
