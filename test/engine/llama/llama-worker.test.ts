import assert from "node:assert/strict";
import type { LlamaWorkerOptions } from "../../../src/engine/llama/llama-worker.js";
import { createTinyModel } from "../../support/tiny-model.js";
import { EngineWorker } from "../engine-worker.js";
import { AMPLE_CREDIT, specOf } from "../loop-harness.js";

const ENTRY = new URL("../../../src/engine/llama/llama-worker.js", import.meta.url);

function llamaWorker(options: Partial<LlamaWorkerOptions>): EngineWorker {
  return new EngineWorker(ENTRY, {
    modelPath: "",
    sequences: 2,
    contextTokens: 512,
    threads: 1,
    prefillBudgetMs: 100,
    faultLimit: 8,
    adaptsThreads: false,
    speculation: true,
    maxPrefillTokens: 128,
    savedStateBytes: 64 * 1024 * 1024,
    stateDirectory: "auto",
    gpu: false,
    ...options,
  } satisfies LlamaWorkerOptions);
}

describe("llama worker", function () {
  this.timeout(60_000);

  it("loads a model, runs it and leaves with exit code 0", async () => {
    await using worker = llamaWorker({ modelPath: await createTinyModel() });
    const { facts } = await worker.notice("ready");
    assert.equal(facts.contextTokens, 512);
    const stopping = { maxOutputTokens: 12, ignoreEndOfGeneration: true };
    for (const runId of [1, 2, 3]) {
      if (runId === 3) await worker.end(1);
      const run = specOf(runId, { prompt: "The tiny model says", stopping });
      worker.send({ type: "start", run, credit: AMPLE_CREDIT });
    }
    for (const runId of [1, 2, 3]) await worker.end(runId);
    worker.send({ type: "close" });
    assert.deepEqual(await worker.exited, { type: "exited", code: 0 });
    assert.equal(worker.notices.at(-1)?.type, "closed");
  });

  it("says why it is unusable, and leaves", async () => {
    await using worker = llamaWorker({ modelPath: "/nowhere/at-all.gguf" });
    assert.deepEqual(await worker.exited, { type: "exited", code: 0 });
    assert.equal(worker.notices.length, 1);
    const { message } = await worker.notice("unusable");
    assert.match(message, /^the model \/nowhere\/at-all\.gguf could not be loaded: ENOENT/);
  });
});
